"""The redirect to a provider (I-35, I-66, I-67)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest.mock import MagicMock
from urllib.parse import parse_qs, urlsplit

import pytest

from broker.identity.providers.provider import OIDC, Provider
from broker.login.authorization.request import parse_request
from broker.login.providers.start import hints_of
from broker.relying_party.attempt import Attempt
from broker.relying_party.discovery import Endpoints
from broker.relying_party.logon import ProviderLogon
from broker.relying_party.provider_state import ProviderState
from tests.support.domain import ADDRESSES
from tests.support.users import A_ZONE

ISSUER = "https://login.example.org"
ENDPOINTS = Endpoints(ISSUER, f"{ISSUER}/authorize", f"{ISSUER}/token", f"{ISSUER}/keys")
PROVIDER = Provider(
    7,
    A_ZONE,
    "corp",
    OIDC,
    "Corp",
    configuration={"issuer": ISSUER, "relyingPartyId": "broker"},
)


def asked(**parameters: str) -> dict[str, list[str]]:
    """Return the parameters of the redirect for a login with these parameters."""
    part: Any = MagicMock()
    logon = ProviderLogon(part, part, part, part, part, ADDRESSES, part)
    authorization = parse_request({"response_type": "code", **parameters})
    hints = hints_of(authorization, parameters.get("ui_locales"))
    attempt = Attempt.at(PROVIDER, datetime(2030, 1, 1, tzinfo=UTC))
    state = ProviderState(PROVIDER, "secret", has_users=False)
    return parse_qs(urlsplit(logon.url(state, ENDPOINTS, attempt, "state", hints)).query)


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("", None),
        ("consent", None),
        ("login", ["login"]),
        ("select_account", ["select_account"]),
        ("select_account consent login", ["login select_account"]),
    ],
)
def test_the_provider_receives_the_prompts_of_logons(prompt: str, sent: list[str] | None) -> None:
    """I-66: a session at the provider would otherwise give the same account again."""
    assert asked(prompt=prompt).get("prompt") == sent
