"""The places of sealed values: table, column and row of each envelope (D-12)."""

from __future__ import annotations

from broker.store.sealing.sealed import Place
from broker.store.tables.core import credential, service_binding
from broker.store.tables.identity import identity_provider
from broker.store.tables.user_grants import user_session


def secret_place(row_id: int) -> Place:
    """Return the place of the sealed instance secret of a credential row."""
    return Place(credential.name, credential.c.sealed_secret.name, row_id)


def payload_place(row_id: int) -> Place:
    """Return the place of the sealed payload of a binding row."""
    return Place(service_binding.name, service_binding.c.sealed_payload.name, row_id)


def provider_place(row_id: int) -> Place:
    """Return the place of the sealed client secret of an identity provider's row."""
    return Place(identity_provider.name, identity_provider.c.sealed_secret.name, row_id)


def id_token_place(row_id: int) -> Place:
    """Return the place of the sealed id token in a session's row."""
    return Place(user_session.name, user_session.c.sealed_id_token.name, row_id)
