"""Discovery of endpoints (I-33), and what an administrator cannot replace (D-46)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import ProviderUnavailable
from broker.identity.providers.configuration import ProviderConfiguration, parse_configuration
from broker.relying_party.discovery import WELL_KNOWN, Discovery, Endpoints
from broker.relying_party.network.connection import Budget
from broker.relying_party.network.fetched import FetchedCache

ISSUER = "https://login.example.org"
OWN = f"{ISSUER}{WELL_KNOWN}"
DOCUMENT: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}
EXPLICIT: dict[str, Any] = {
    "authUrl": "https://other.example.org/authorize",
    "tokenUrl": "https://other.example.org/token",
    "tokenKeyUrl": "https://other.example.org/keys",
    "userInfoUrl": "https://other.example.org/userinfo",
    "logoutUrl": "https://other.example.org/logout",
}


class FakeHttp:
    """Documents by URL; remembers what was requested."""

    def __init__(self, **documents: Any) -> None:
        self.documents: dict[str, Any] = {OWN: DOCUMENT, **documents}
        self.requested: list[str] = []

    def get(self, url: str, budget: Budget) -> Any:
        """Return a response."""
        self.requested.append(url)
        document = self.documents.get(url)
        if document is None:
            raise ProviderUnavailable("the status is 404")

        class Reply:
            def json_object(self) -> Any:
                return document

        return Reply()


def configuration(**more: Any) -> ProviderConfiguration:
    return parse_configuration({"issuer": ISSUER, "relyingPartyId": "broker", **more})


def discovered(http: FakeHttp, *, has_users: bool = False, **more: Any) -> Endpoints:
    part: Any = http
    return Discovery(part).of(configuration(**more), Budget(5), has_users=has_users)


def with_document(**changes: Any) -> FakeHttp:
    members = {key: value for key, value in (DOCUMENT | changes).items() if value is not None}
    return FakeHttp(**{OWN: members})


def test_the_endpoints_of_the_document() -> None:
    more = {
        "userinfo_endpoint": f"{ISSUER}/userinfo",
        "end_session_endpoint": f"{ISSUER}/logout",
        "authorization_response_iss_parameter_supported": True,
        "code_challenge_methods_supported": ["plain", "S256", ["x"], {}],
    }
    assert discovered(with_document(**more)) == Endpoints(
        ISSUER,
        f"{ISSUER}/authorize",
        f"{ISSUER}/token",
        f"{ISSUER}/keys",
        f"{ISSUER}/userinfo",
        f"{ISSUER}/logout",
        states_issuer=True,
        challenge_methods=("plain", "S256"),
    )
    assert discovered(FakeHttp()).challenge_methods is None


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": f"{ISSUER}/"},
        {"issuer": "https://evil.example.org"},
        {"issuer": None},
        {"authorization_endpoint": None},
        {"token_endpoint": 7},
        {"jwks_uri": ""},
        {"jwks_uri": "https://" + "x" * 3000},
        {"userinfo_endpoint": {"a": 1}},
    ],
)
def test_another_document_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderUnavailable):
        discovered(with_document(**changes))


def test_the_configuration_replaces_endpoints_while_there_are_no_users() -> None:
    found = discovered(FakeHttp(), **EXPLICIT)
    assert (found.authorization, found.token, found.keys, found.userinfo, found.logout) == tuple(
        EXPLICIT.values()
    )


def test_with_users_the_document_of_the_issuer_decides_alone() -> None:
    url = "https://other.example.org/discovery"
    other = DOCUMENT | {"jwks_uri": "https://evil.example.org/keys"}
    http = FakeHttp(**{url: other})
    found = discovered(http, has_users=True, discoveryUrl=url, **EXPLICIT)
    assert found == Endpoints(ISSUER, f"{ISSUER}/authorize", f"{ISSUER}/token", f"{ISSUER}/keys")
    assert http.requested == [OWN]
    assert discovered(http, discoveryUrl=url).keys == "https://evil.example.org/keys"


def test_the_document_of_the_issuer_is_always_required() -> None:
    """Else logons would end with the first user."""
    http = FakeHttp(**{OWN: None})
    with pytest.raises(ProviderUnavailable):
        discovered(http, **EXPLICIT)


def test_a_trailing_slash_of_the_issuer_is_removed_from_the_url_only() -> None:
    http = FakeHttp(**{OWN: DOCUMENT | {"issuer": f"{ISSUER}/"}})
    part: Any = http
    found = Discovery(part).of(configuration(issuer=f"{ISSUER}/"), Budget(5), has_users=True)
    assert found.issuer == f"{ISSUER}/"


def test_a_document_is_fetched_once() -> None:
    http = FakeHttp()
    part: Any = http
    discovery = Discovery(part, FetchedCache())
    for _ in range(3):
        discovery.of(configuration(), Budget(5), has_users=False)
    assert http.requested == [OWN]
