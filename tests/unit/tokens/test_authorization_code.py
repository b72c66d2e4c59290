"""Authorization codes: what they remember, how long they live, and their verifier (I-110, O-39)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broker.credentials.opaque import Opaque
from broker.errors import GrantRefused
from broker.tokens.authorization_code import (
    CODE_VALIDITY,
    AuthorizationCode,
    AuthorizationCodes,
    challenge_of,
    require_verifier,
)
from broker.tokens.user_tokens import Logon
from tests.support.domain import FakeClock
from tests.support.instances import START, an_oauth_client
from tests.support.users import a_user

# RFC 7636 appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
USER = a_user()
LOGON = Logon(USER, START - timedelta(hours=1), ("pwd",), 3)


class Store:
    """Codes in memory."""

    def __init__(self) -> None:
        self.codes: dict[str, AuthorizationCode] = {}

    @property
    def authorization_codes(self) -> Any:
        return self

    def add(self, code: AuthorizationCode, value: Opaque) -> None:
        self.codes[str(value)] = code


def create(**options: Any) -> AuthorizationCode:
    store = Store()
    text = AuthorizationCodes(FakeClock(START)).create(
        store, an_oauth_client(), LOGON, ("openid",), **({"redirect_uri": None} | options)
    )
    return store.codes[text]


def test_a_code_remembers_the_authorize_request() -> None:
    code = create(redirect_uri="https://app/cb", code_challenge=CHALLENGE, nonce="n")
    assert code.logon == LOGON
    assert code.client_id == an_oauth_client().client_id
    assert (code.redirect_uri, code.code_challenge, code.nonce) == (
        "https://app/cb",
        CHALLENGE,
        "n",
    )


@pytest.mark.parametrize("challenge", ["", VERIFIER[:-1], VERIFIER + "A", "." * 43, "é" * 43])
def test_challenges_of_other_methods_are_refused(challenge: str) -> None:
    """O-65: S256 only."""
    with pytest.raises(GrantRefused, match="S256") as refused:
        create(code_challenge=challenge)
    assert refused.value.code == "invalid_request"


def test_a_code_lives_for_five_minutes() -> None:
    code = create()
    assert code.is_live(START + CODE_VALIDITY - timedelta(seconds=1))
    assert not code.is_live(START + CODE_VALIDITY)
    assert not replace(code, used_at=START).is_live(START)
    ended = replace(code, user=replace(USER, token_epoch=2))
    assert not ended.is_live(START)


def test_the_verifier_of_the_challenge_is_accepted() -> None:
    assert challenge_of(VERIFIER) == CHALLENGE
    require_verifier(CHALLENGE, VERIFIER)
    require_verifier(None, None)


@pytest.mark.parametrize(
    ("challenge", "verifier", "code", "text"),
    [
        (CHALLENGE, "x" * 43, "invalid_grant", "Invalid code verifier"),
        (CHALLENGE, CHALLENGE, "invalid_grant", "Invalid code verifier"),
        (CHALLENGE, None, "invalid_grant", "must be provided"),
        (None, VERIFIER, "invalid_grant", "not required"),
        (CHALLENGE, "x" * 42, "invalid_request", "length must between 43 and 128"),
        (CHALLENGE, "x" * 129, "invalid_request", "length must between 43 and 128"),
        (CHALLENGE, "x" * 10**6, "invalid_request", "length must between 43 and 128"),
        (CHALLENGE, "é" * 43, "invalid_request", "use only"),
        (CHALLENGE, VERIFIER + "\n", "invalid_request", "use only"),
    ],
    ids=[
        *("wrong", "the-challenge", "missing", "downgrade"),
        *("short", "long", "huge", "not-ascii", "newline"),
    ],
)
def test_other_verifiers_are_refused(
    challenge: str | None, verifier: str | None, code: str, text: str
) -> None:
    """O-39, TH-02."""
    with pytest.raises(GrantRefused, match=text) as refused:
        require_verifier(challenge, verifier)
    assert refused.value.code == code
    assert verifier is None or verifier not in str(refused.value)
