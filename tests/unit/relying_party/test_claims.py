"""Claims of userinfo beside those of the id token (I-40)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import LogonInvalid, ProviderUnavailable
from broker.identity.providers.configuration import parse_configuration
from broker.relying_party.claims import missing_claims, missing_roles, with_userinfo
from broker.relying_party.discovery import Endpoints
from broker.relying_party.network.connection import Budget

CONFIGURATION = parse_configuration(
    {"issuer": "https://login.example.org", "relyingPartyId": "broker"}
)
ALL = dict.fromkeys(
    ("email", "email_verified", "given_name", "family_name", "phone_number", "groups"), "x"
)
WITHOUT_GROUPS = {"sub": "s", "iss": "i"} | ALL | {"email": "a@example.org"}
del WITHOUT_GROUPS["groups"]
ENDPOINTS = Endpoints("i", "a", "t", "k", userinfo="https://login.example.org/userinfo")


class FakeHttp:
    """A userinfo endpoint."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.bearers: list[str | None] = []

    def get(self, url: str, budget: Budget, *, bearer: str | None) -> Any:
        """Return a response."""
        self.bearers.append(bearer)
        document = self.document

        class Reply:
            def json_object(self) -> Any:
                if document is None:
                    raise ProviderUnavailable("the status is 401")
                return document

        return Reply()


def complete(
    http: FakeHttp, claims: dict[str, Any], token: str | None = "t", **more: Any
) -> dict[str, Any]:
    part: Any = http
    endpoints = more.get("endpoints", ENDPOINTS)
    return with_userinfo(part, endpoints, CONFIGURATION, claims, token, Budget(5))


def test_mapped_claims_can_be_missing() -> None:
    assert missing_claims(CONFIGURATION, {"sub": "s"} | ALL) == frozenset()
    assert missing_claims(CONFIGURATION, WITHOUT_GROUPS) == {"groups"}


def test_groups_and_attributes_decide_roles() -> None:
    """TH-24."""
    assert missing_roles(CONFIGURATION, WITHOUT_GROUPS) == {"groups"}
    assert missing_roles(CONFIGURATION, {"sub": "s", "groups": []}) == frozenset()
    document = {"issuer": "https://login.example.org", "relyingPartyId": "broker"}
    mapped = parse_configuration(
        document | {"attributeMappings": {"user.attribute.country": "land"}}
    )
    assert missing_roles(mapped, {"sub": "s", "groups": []}) == {"land"}
    ignored = parse_configuration(document | {"storeCustomAttributes": False})
    assert missing_roles(ignored, {"sub": "s"}) == frozenset()


def test_userinfo_is_requested_only_if_a_mapped_claim_is_missing() -> None:
    http = FakeHttp({"sub": "s"})
    assert complete(http, {"sub": "s"} | ALL) == {"sub": "s"} | ALL
    assert http.bearers == []
    complete(http, WITHOUT_GROUPS)
    assert http.bearers == ["t"]


def test_userinfo_adds_missing_mapped_claims_only() -> None:
    document = {
        "sub": "s",
        "groups": ["a"],
        "email": "evil@example.org",
        "iss": "evil",
        "nonce": "evil",
        "unmapped": 1,
        "_claim_names": {"groups": "src1"},
    }
    found = complete(FakeHttp(document), WITHOUT_GROUPS)
    assert found == WITHOUT_GROUPS | {"groups": ["a"], "_claim_names": {"groups": "src1"}}


@pytest.mark.parametrize("document", [{}, {"sub": "other"}, {"sub": ["s"]}])
def test_userinfo_about_another_user_is_refused(document: Any) -> None:
    with pytest.raises(LogonInvalid):
        complete(FakeHttp(document), WITHOUT_GROUPS)


def test_a_failure_ends_the_logon() -> None:
    with pytest.raises(ProviderUnavailable):
        complete(FakeHttp(None), WITHOUT_GROUPS)


def test_without_endpoint_or_access_token_the_id_token_suffices() -> None:
    http = FakeHttp(None)
    assert complete(http, WITHOUT_GROUPS, None) == WITHOUT_GROUPS
    bare = Endpoints("i", "a", "t", "k")
    assert complete(http, WITHOUT_GROUPS, endpoints=bare) == WITHOUT_GROUPS
