"""Where sealed values lie: each column that holds envelopes, by row (D-12)."""

from __future__ import annotations

from broker.store.sealing.sealed import Place
from broker.store.tables.core import credential, service_binding


def secret_place(row_id: int) -> Place:
    """Return where the sealed instance secret of this row lies."""
    return Place(credential.name, credential.c.sealed_secret.name, row_id)


def payload_place(row_id: int) -> Place:
    """Return where the sealed payload of this binding's row lies."""
    return Place(service_binding.name, service_binding.c.sealed_payload.name, row_id)
