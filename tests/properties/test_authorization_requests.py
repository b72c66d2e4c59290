"""Whatever a client sends, no response leads elsewhere than to a registered URI (TH-01, TH-03)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from broker.authentication.former_zone import FormerZones
from broker.identity.client_settings import ClientSettings
from broker.login.authorization.client_host import HostsOfClients
from broker.login.authorization.request import (
    AuthorizationRefused,
    parse_request,
    read_parameters,
)
from broker.login.authorization.target import FindTarget
from broker.login.pages.errors import PageError
from broker.redirects.requested import RequestedRedirects
from tests.support.domain import ADDRESSES
from tests.support.rights import a_client
from tests.support.users import A_ZONE

HOST = "app.example.org"
REGISTERED = (f"https://{HOST}/login/callback", f"https://*.{HOST}/cb/**")
CLIENT = replace(a_client(A_ZONE, "app!t1"), grant_types=("authorization_code",))
RESPONSE = {"code", "state", "iss", "error", "error_description"}

_PIECES = st.sampled_from(
    [
        *(
            "https:",
            "http:",
            "//",
            "/",
            "\\",
            "@",
            ":",
            "?",
            "#",
            "&",
            "=",
            ";",
            ".",
            "..",
            "%",
            " ",
        ),
        *(
            HOST,
            "evil.test",
            "a.",
            "app",
            "/login/callback",
            "/cb/",
            "login",
            "callback",
            "*",
            "**",
        ),
        *("code", "state", "%2f", "%5c", "%40", "%00", "\n", "\t", "\u3002", "443", "localhost"),
    ]
)
_URIS = st.one_of(
    st.lists(_PIECES, max_size=9).map("".join),
    st.lists(_PIECES, max_size=4).map(lambda more: REGISTERED[0] + "".join(more)),
    st.lists(_PIECES, max_size=4).map(lambda more: f"https://a.{HOST}/cb/" + "".join(more)),
    st.text(max_size=40),
)


class _OneClient:
    def with_client_id(self, client_id: str) -> Any:
        return CLIENT if client_id == CLIENT.client_id else None

    def of(self, _: Any) -> ClientSettings:
        return ClientSettings(redirect_uris=REGISTERED)


_PART: Any = _OneClient()
FIND = FindTarget(_PART, _PART, HostsOfClients(ADDRESSES, FormerZones(_PART)), RequestedRedirects())


def as_a_browser(uri: str) -> tuple[str, str]:
    """Return scheme and host as a browser reads them, which takes a backslash for a slash."""
    found = urlsplit(uri.replace("\\", "/").replace("\t", "").replace("\n", "").strip())
    return found.scheme, found.hostname or ""


@given(_URIS)
def test_a_redirect_leads_to_a_registered_host(uri: str) -> None:
    try:
        target = FIND({"client_id": CLIENT.client_id, "redirect_uri": uri}, "uaa.example.org")
    except PageError:
        return
    scheme, host = as_a_browser(target.uri)
    assert target.uri == uri
    assert scheme == "https"
    assert host == HOST or host.endswith(f".{HOST}")
    names = {name for name, _ in parse_qsl(urlsplit(uri).query, keep_blank_values=True)}
    assert not names & RESPONSE


_NAMES = st.sampled_from(
    ["response_type", "prompt", "max_age", "nonce", "code_challenge", "code_challenge_method"]
)


@given(
    st.lists(st.tuples(st.one_of(_NAMES, st.text(max_size=9)), st.text(max_size=90)), max_size=6)
)
def test_parameters_are_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    """I-60, I-65: no other error."""
    try:
        request = parse_request(read_parameters(pairs, 100))
    except (PageError, AuthorizationRefused):
        return
    assert ("response_type", "code") in pairs
    assert request.max_age is None or request.max_age >= 0
