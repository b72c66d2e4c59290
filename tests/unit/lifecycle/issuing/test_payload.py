"""The credentials object: current members of a binding, and hidden ones (D-06)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from broker.descriptor.model import CredentialType
from broker.instances.plan import Plan
from broker.lifecycle.issuing.payload import (
    Payloads,
    complete_payload,
    hides_secret,
    without_private_key,
)
from tests.support.domain import ADDRESSES
from tests.support.instances import START, a_binding, an_instance

SHARED, OWN, X509 = CredentialType
INSTANCE = an_instance()
WITH_KEY = {"certificate": "PEM", "key": "PRIVATE"}


@dataclass
class Store:
    """The secret of an instance."""

    secret: str | None = "shared"

    @property
    def credentials(self) -> Any:
        return self

    def instance_secret(self, instance: object) -> str | None:
        assert instance == INSTANCE
        return self.secret


def shown(store: Store | None = None, **binding: Any) -> dict[str, Any]:
    return complete_payload(store or Store(), INSTANCE, a_binding(**binding), START)


def test_a_shared_secret_is_the_instance_s_current_one() -> None:
    assert shown(credential_type=SHARED) == {"clientid": "sb-app!t7", "clientsecret": "shared"}
    assert shown(Store("rotated"), credential_type=SHARED)["clientsecret"] == "rotated"
    assert "clientsecret" not in shown(Store(None), credential_type=SHARED)


def test_an_own_secret_is_in_the_binding_s_payload_only() -> None:
    own = {"clientsecret": "own"}
    assert shown(payload=own) == own
    assert shown(payload={}) == {}


@pytest.mark.parametrize("flag", [True, "true"])
def test_a_hidden_secret_is_never_shown(flag: object) -> None:
    hidden = {"hide-secret": flag}
    assert hides_secret(a_binding(parameters=hidden))
    assert "clientsecret" not in shown(credential_type=SHARED, parameters=hidden)


@pytest.mark.parametrize("parameters", [{}, {"hide-secret": False}, {"hide-secret": "false"}])
def test_a_secret_that_is_not_hidden_is_shown(parameters: dict[str, Any]) -> None:
    assert not hides_secret(a_binding(parameters=parameters))


@pytest.mark.parametrize(
    ("until", "is_shown"), [(timedelta(seconds=1), True), (timedelta(0), False), (None, True)]
)
def test_a_private_key_is_shown_until_its_certificate_expires(
    until: timedelta | None, *, is_shown: bool
) -> None:
    end = None if until is None else START + until
    found = shown(credential_type=X509, payload=WITH_KEY, private_key_until=end)
    assert ("key" in found) == is_shown
    assert found["certificate"] == "PEM"
    assert without_private_key(WITH_KEY) == {"certificate": "PEM"}
    assert "key" in WITH_KEY


@pytest.mark.parametrize("with_id", [True, False])
def test_a_new_payload_is_of_the_instance_and_its_zone(*, with_id: bool) -> None:
    addresses = replace(ADDRESSES, public_url="https://{zone}.example.org")
    payload = Payloads(addresses, lambda: "PEM", with_id).build(INSTANCE, OWN)
    assert payload["clientid"] == "sb-app!t7"
    assert payload["url"] == "https://zone-7.example.org"
    assert payload["verificationkey"] == "PEM"
    assert payload.get("serviceInstanceId") == ("i" if with_id else None)
    assert "tokenurl" not in payload
    assert "clientsecret" not in payload


def test_plan_apiaccess_names_the_token_endpoint() -> None:
    payload = Payloads(ADDRESSES, lambda: "PEM", True).build(  # noqa: FBT003 - one setting
        replace(INSTANCE, plan=Plan.APIACCESS), OWN
    )
    assert payload["tokenurl"] == "https://uaa.example.org/oauth/token"
