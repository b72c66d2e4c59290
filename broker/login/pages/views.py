"""What each page shows: one frozen class per page, and the paths and fields of its forms.

``zone_name`` and ``application`` are visible on the page; ``csrf`` (I-92) and ``pending``, the
sealed authorization request (I-93), are hidden fields ``csrf`` and ``pending`` of its forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from broker.login.pages.problems import Problem

LOGIN_ACTION = "/login.do"
CHANGE_PASSWORD_ACTION = "/change-password"  # noqa: S105 - a path
SET_PASSWORD_ACTION = "/set-password"  # noqa: S105 - a path
PROVIDER_ACTION = "/login/start/"
"""Followed by the origin."""
CONSENT_ACTION = "/login/consent"
SWITCH_ACCOUNT_ACTION = "/login/switch"
LOGOUT_ACTION = "/logout.do"
ACCOUNT = "/account"
ACCOUNT_PASSWORD_ACTION = "/account/password"  # noqa: S105 - a path
END_SESSION_ACTION = "/account/sessions"
REVOKE_CONSENT_ACTION = "/account/applications"


@dataclass(frozen=True, slots=True)
class Message:
    """A text of the message tables, with the values of its placeholders."""

    key: str
    values: Mapping[str, str | int] = field(default_factory=dict)


class Page(Protocol):
    """A page; ``template`` names its file in ``templates``, without suffix."""

    template: ClassVar[str]

    @property
    def zone_name(self) -> str:
        """The zone's name; ``""`` if the request belongs to no zone."""


@dataclass(frozen=True, slots=True)
class ProviderLink:
    """An identity provider that users may choose; the button posts to its start of a logon.

    ``name`` is shown; it is ``""`` for the local store on the choice page.
    """

    origin: str
    name: str

    @property
    def action(self) -> str:
        """The path to which the button posts ``csrf`` and ``pending``."""
        return f"{PROVIDER_ACTION}{self.origin}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LoginPage:
    """Fields ``username`` and ``password``, and buttons of identity providers."""

    template: ClassVar[str] = "login"
    zone_name: str
    csrf: str
    application: str = ""
    pending: str = ""
    user_name: str = ""
    error: Message | None = None
    providers: tuple[ProviderLink, ...] = ()
    has_password_form: bool = True


@dataclass(frozen=True, slots=True)
class ZoneLink:
    """A zone in which the browser's user ``user_name`` has a session."""

    guid: str
    name: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ZoneChoicePage:
    """The zones of the browser's sessions, with links to the page ``path`` of each."""

    template: ClassVar[str] = "zone_choice"
    zone_name: str = ""
    path: str
    zones: tuple[ZoneLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProviderChoicePage:
    """The choice between identity providers (I-47); the local store is a button as well."""

    template: ClassVar[str] = "provider_choice"
    zone_name: str
    csrf: str
    application: str = ""
    pending: str = ""
    providers: tuple[ProviderLink, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChangePasswordPage:
    """Fields ``current_password``, ``new_password`` and ``new_password_repeated``.

    With ``proof``, a sealed proof of the current password in a hidden field ``proof``, there is no
    field for the current password: an administrator demands the change (I-21). Otherwise ``zone``
    identifies the zone in the URL of the form.
    """

    template: ClassVar[str] = "change_password"
    zone_name: str
    csrf: str
    user_name: str
    application: str = ""
    pending: str = ""
    proof: str = ""
    zone: str = ""
    min_length: int
    error: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SetPasswordPage:
    """Fields ``new_password`` and ``new_password_repeated``; ``link`` is a hidden field (I-23)."""

    template: ClassVar[str] = "set_password"
    zone_name: str
    csrf: str
    user_name: str
    link: str
    is_reset: bool = False
    min_length: int
    error: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PasswordSetPage:
    """The password is set; the user logs on next. ``zone`` identifies the zone in the URL."""

    template: ClassVar[str] = "password_set"
    zone_name: str
    zone: str
    user_name: str


@dataclass(frozen=True, slots=True)
class ScopeRow:
    """A scope that a client requests."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConsentPage:
    """Two buttons with field ``decision``: ``allow`` or ``deny`` (I-99)."""

    template: ClassVar[str] = "consent"
    zone_name: str
    csrf: str
    application: str
    pending: str
    user_name: str
    scopes: tuple[ScopeRow, ...]
    lacks_groups: bool = False
    """Whether rights may be missing because the user is in too many groups (I-43)."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PasscodePage:
    """A one-time passcode and its lifetime (I-105)."""

    template: ClassVar[str] = "passcode"
    zone_name: str
    user_name: str
    passcode: str
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SwitchAccountPage:
    """The client excludes the user's identity provider; the button ends the session (I-48)."""

    template: ClassVar[str] = "switch_account"
    zone_name: str
    csrf: str
    application: str
    pending: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LogoutPage:
    """Confirmation of a logout (I-102); ``fields`` are hidden fields beside ``csrf``."""

    template: ClassVar[str] = "logout"
    zone_name: str
    csrf: str
    user_name: str
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LoggedOutPage:
    """The session ended; one at the identity provider may still be active.

    ``provider`` is its name, '' if no such session is known.
    """

    template: ClassVar[str] = "logged_out"
    zone_name: str = ""
    provider: str = ""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of the user; ``key`` is the value of field ``session``."""

    key: str
    began_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """An application with consent; ``key`` is the value of field ``application``."""

    key: str
    name: str
    scopes: tuple[str, ...]
    granted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class AccountPage:
    """The user's sessions and applications; ``zone`` identifies the zone in the URLs of forms."""

    template: ClassVar[str] = "account"
    zone_name: str
    zone: str
    csrf: str
    user_name: str
    sessions: tuple[SessionRow, ...]
    applications: tuple[ApplicationRow, ...]
    has_password: bool = False
    lacks_groups: bool = False
    """As on the consent page."""
    notice: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ErrorPage:
    """What happened and what to do; ``detail`` is the English text for developers (I-100a)."""

    template: ClassVar[str] = "error"
    zone_name: str = ""
    problem: Problem
    detail: str
    correlation_id: str
    time: datetime
