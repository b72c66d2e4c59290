"""Each sealed value has its own place and owner."""

from __future__ import annotations

from broker.store.sealing.places import (
    id_token_place,
    password_place,
    payload_place,
    provider_place,
    secret_place,
)
from broker.store.sealing.sealed import Place
from tests.support.instances import an_instance

OWNER = an_instance().owner
CHAIN = ("21", "i", "default", "11", "sb-app!t7")


def test_places_are_those_of_the_columns_and_never_change() -> None:
    """Stored envelopes are bound to them."""
    assert secret_place(5, OWNER) == Place("credential", "sealed_secret", 5, CHAIN)
    payload = payload_place(5, "b", OWNER)
    assert payload == Place("service_binding", "sealed_payload", 5, ("b", *CHAIN))
    provider = provider_place(5, "guid", "origin", None, "{}")
    assert provider == Place("identity_provider", "sealed_secret", 5, ("guid", "origin", "", "{}"))
    id_token = Place("user_session", "sealed_id_token", 5, ("user", "guid"))
    assert id_token_place(5, "user", "guid") == id_token
    password = Place("user_password", "sealed_hash", 5, ("user", "guid", "origin"))
    assert password_place(5, "user", "guid", "origin") == password


def test_an_envelope_names_its_place_without_the_owner() -> None:
    """Ids of owners are no secrets, but long."""
    assert str(secret_place(5, OWNER)) == "credential.sealed_secret of row 5"
