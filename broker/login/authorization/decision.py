"""What the session of a browser allows an authorization request (I-66 to I-68)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING

from broker.login.authorization.request import AuthorizationRefused

if TYPE_CHECKING:
    from collections.abc import Collection

    from broker.authentication.session import Session
    from broker.identity.client_settings import ClientSettings
    from broker.login.authorization.request import AuthorizationRequest

_FRESH = frozenset({"login", "select_account"})


class Step(Enum):
    """What comes next."""

    LOG_ON = auto()
    """The user has to log on, also with a session."""
    SWITCH_ACCOUNT = auto()
    """The client excludes the user's identity provider (I-48)."""
    GRANT = auto()


def next_step(  # noqa: PLR0913 - what decides
    request: AuthorizationRequest,
    settings: ClientSettings,
    session: Session | None,
    origin: str | None,
    *,
    started_at: datetime,
    now: datetime,
    hinted_user: str = "",
) -> Step:
    """Return the next step of a request that began at ``started_at``.

    ``origin`` is that of the identity provider in ``idp`` or ``login_hint``. A logon since the
    beginning satisfies ``prompt``, ``max_age`` and ``origin``. ``hinted_user`` is the id of the
    user in ``id_token_hint``: a response for another user is refused, also after a logon. Raises
    AuthorizationRefused for that, and for ``prompt=none``, which allows no page.
    """
    if session is None:
        return _page(request, Step.LOG_ON, "login_required", "The user is not logged on")
    if session.auth_time < started_at:
        max_age = request.max_age
        is_old = max_age is not None and now - session.auth_time > timedelta(seconds=max_age)
        if is_old or request.prompts & _FRESH:
            return _page(request, Step.LOG_ON, "login_required", "The user must log on again")
        if origin not in {None, session.user.origin}:
            text = "The user is logged on with another identity provider"
            return _page(request, Step.LOG_ON, "interaction_required", text)
    if hinted_user and session.user.user_id != hinted_user:
        text = "The user of id_token_hint is not logged on"
        if session.auth_time >= started_at:
            raise AuthorizationRefused("login_required", text)
        return _page(request, Step.LOG_ON, "login_required", text)
    if not settings.allows_provider(session.user.origin):
        text = "The application does not accept the identity provider of the user"
        return _page(request, Step.SWITCH_ACCOUNT, "interaction_required", text)
    return Step.GRANT


def scopes_to_consent(
    request: AuthorizationRequest,
    settings: ClientSettings,
    scopes: Collection[str],
    consented: Collection[str],
    *,
    is_repeated: bool,
) -> tuple[str, ...]:
    """Return the scopes for which the user has to be asked, sorted (I-99).

    ``consented`` are the scopes with the user's consent. ``prompt=consent`` asks for all; after
    the page, ``is_repeated`` is set. Raises AuthorizationRefused for ``prompt=none``.
    """
    if "consent" in request.prompts and not is_repeated:
        return tuple(sorted(scopes))
    approved = settings.auto_approve
    if approved is True:
        return ()
    known = {*consented, *(approved or ())}
    missing = tuple(sorted(set(scopes) - known))
    if missing and request.is_silent:
        raise AuthorizationRefused("consent_required", "The user has to consent")
    return missing


def started(milliseconds: int) -> datetime:
    """Return the time of a pending login's ``started_at``."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)


def _page(request: AuthorizationRequest, step: Step, code: str, text: str) -> Step:
    if request.is_silent:
        raise AuthorizationRefused(code, text)
    return step
