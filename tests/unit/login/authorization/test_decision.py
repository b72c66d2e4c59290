"""What a session allows (I-66 to I-68, I-99)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from broker.authentication.session import Session
from broker.identity.client_settings import ClientSettings
from broker.login.authorization.decision import Step, next_step, scopes_to_consent, started
from broker.login.authorization.request import AuthorizationRefused, AuthorizationRequest
from tests.support.users import NOW, a_user

SCOPES = ("app.read", "openid")


def session(age: int = 100, origin: str = "sap.default") -> Session:
    logged_on = NOW - timedelta(seconds=age)
    return Session(
        1, a_user(origin=origin), logged_on, ("pwd",), 1, logged_on, NOW, NOW + timedelta(hours=1)
    )


def step(
    *,
    age: int | None = 100,
    origin: str | None = None,
    allowed: tuple[str, ...] | None = None,
    began: int = 50,
    **members: Any,
) -> Step:
    """``age`` and ``began`` are seconds before now."""
    return next_step(
        AuthorizationRequest(**members),
        ClientSettings(allowed_providers=allowed),
        None if age is None else session(age),
        origin,
        started_at=NOW - timedelta(seconds=began),
        now=NOW,
    )


NONE, LOGIN = frozenset({"none"}), frozenset({"login"})


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({}, Step.GRANT),
        ({"age": None}, Step.LOG_ON),
        ({"prompts": LOGIN}, Step.LOG_ON),
        ({"prompts": frozenset({"select_account"})}, Step.LOG_ON),
        ({"prompts": LOGIN, "age": 49}, Step.GRANT),
        ({"prompts": LOGIN, "age": 50}, Step.GRANT),
        ({"prompts": frozenset({"consent"})}, Step.GRANT),
        ({"prompts": NONE}, Step.GRANT),
        ({"max_age": 100}, Step.GRANT),
        ({"max_age": 99}, Step.LOG_ON),
        ({"max_age": 0}, Step.LOG_ON),
        ({"max_age": 0, "age": 49}, Step.GRANT),
        ({"origin": "sap.default"}, Step.GRANT),
        ({"origin": "corp"}, Step.LOG_ON),
        ({"allowed": ("sap.default",)}, Step.GRANT),
        ({"allowed": ("corp",)}, Step.SWITCH_ACCOUNT),
        ({"allowed": ()}, Step.SWITCH_ACCOUNT),
        ({"allowed": ("corp",), "prompts": LOGIN}, Step.LOG_ON),
    ],
)
def test_steps(case: dict[str, Any], expected: Step) -> None:
    assert step(**case) is expected


@pytest.mark.parametrize(
    ("case", "code"),
    [
        ({"age": None}, "login_required"),
        ({"max_age": 1}, "login_required"),
        ({"origin": "corp"}, "interaction_required"),
        ({"allowed": ("corp",)}, "interaction_required"),
    ],
)
def test_prompt_none_allows_no_page(case: dict[str, Any], code: str) -> None:
    """I-66."""
    with pytest.raises(AuthorizationRefused) as refused:
        step(prompts=NONE, **case)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("auto_approve", "consented", "asked"),
    [
        (True, (), ()),
        (False, (), SCOPES),
        ((), (), SCOPES),
        (("openid",), (), ("app.read",)),
        (("openid",), ("app.read",), ()),
        (False, ("app.read", "other"), ("openid",)),
    ],
)
def test_consent(
    auto_approve: bool | tuple[str, ...],  # noqa: FBT001
    consented: tuple[str, ...],
    asked: tuple[str, ...],
) -> None:
    """I-99."""
    settings = ClientSettings(auto_approve=auto_approve)
    request = AuthorizationRequest()
    found = scopes_to_consent(request, settings, SCOPES, consented, is_repeated=False)
    assert found == asked
    silent = AuthorizationRequest(prompts=NONE)
    if asked:
        with pytest.raises(AuthorizationRefused, match="consent"):
            scopes_to_consent(silent, settings, SCOPES, consented, is_repeated=False)


def test_prompt_consent_asks_once() -> None:
    request, settings = AuthorizationRequest(prompts=frozenset({"consent"})), ClientSettings()
    assert scopes_to_consent(request, settings, SCOPES, SCOPES, is_repeated=False) == SCOPES
    assert scopes_to_consent(request, settings, SCOPES, (), is_repeated=True) == ()


def test_milliseconds() -> None:
    assert started(int(NOW.timestamp() * 1000)) == NOW
