"""Each sealed value has its own place."""

from __future__ import annotations

from broker.store.sealing.places import payload_place, secret_place
from broker.store.sealing.sealed import Place


def test_places_are_those_of_the_columns_and_never_change() -> None:
    """Stored envelopes are bound to them."""
    assert secret_place(5) == Place("credential", "sealed_secret", 5)
    assert payload_place(5) == Place("service_binding", "sealed_payload", 5)
