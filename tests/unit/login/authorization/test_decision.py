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

USER_ID = "0a1b2c3d-0000-4000-8000-000000000001"
SCOPES = ("app.read", "openid")


def session(age: int = 100, origin: str = "sap.default") -> Session:
    logged_on = NOW - timedelta(seconds=age)
    user, end = a_user(origin=origin, user_id=USER_ID), NOW + timedelta(hours=1)
    return Session(1, user, logged_on, ("pwd",), 1, logged_on, NOW, end)


def step(
    *,
    age: int | None = 100,
    origin: str | None = None,
    allowed: tuple[str, ...] | None = None,
    began: int = 50,
    hinted: str = "",
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
        hinted_user=hinted,
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
        ({"hinted": USER_ID}, Step.GRANT),
        ({"hinted": USER_ID, "prompts": NONE}, Step.GRANT),
        ({"hinted": USER_ID, "age": None}, Step.LOG_ON),
        ({"hinted": "another"}, Step.LOG_ON),
        ({"hinted": "another", "allowed": ("corp",)}, Step.LOG_ON),
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


@pytest.mark.parametrize("case", [{"prompts": NONE}, {"age": 40}, {"age": 50}])
def test_no_response_for_another_user_than_the_hinted_one(case: dict[str, Any]) -> None:
    """OIDC Core 3.1.2.1: silently, and after the logon of another user."""
    with pytest.raises(AuthorizationRefused) as refused:
        step(hinted="another", **case)
    assert refused.value.code == "login_required"
