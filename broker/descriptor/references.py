"""The syntax of references to applications and scopes in ``xs-security.json``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from broker.descriptor.names import (
    ADMINISTRATION_SCOPES,
    XSAPPNAME_PLACEHOLDER,
    is_platform_application,
    is_platform_scope,
)

EVERYTHING = "*"
"""Every application, in ``granted-apps`` only."""

_NAME = r"[A-Za-z0-9_\-/\\]{1,100}"
_SCOPE = r"[A-Za-z0-9\-_/\\:][A-Za-z0-9\-_/\\:.]{0,192}"
_PLAN = re.compile(r"[a-z]{1,32}")
_ZONE = _XSAPPNAME = re.compile(_NAME)
_SERVICE_INSTANCE = re.compile(r"[^()\x00-\x1f\x7f]{1,255}")
_SCOPE_NAME = re.compile(_SCOPE)
_OWN = f"{XSAPPNAME_PLACEHOLDER}."
_OWN_PLAN = "application"
_ADMINISTRATION = "xsuaa"
"""The built-in application that defines the administration scopes (D-56)."""
_BARE_NAME = re.compile(rf"({_NAME}(?:![a-z][0-9]{{1,10}})?)(?:\.({_SCOPE}))?")
_WITHOUT_DOLLAR = frozenset({"ACCEPT_GRANTED_AUTHORITIES", "ACCEPT_GRANTED_SCOPES", "XSAPPNAME"})
"""Misspelled keywords, which are not the names of applications."""


class AcceptAll(StrEnum):
    """Accepts all authorities or scopes granted by other applications."""

    AUTHORITIES = "$ACCEPT_GRANTED_AUTHORITIES"
    SCOPES = "$ACCEPT_GRANTED_SCOPES"


_ACCEPT_ALL = frozenset(AcceptAll)
_ALSO_APPLICATIONS = frozenset({"profile", "roles"})
"""Names of applications, where a scope is not allowed, that became platform scopes later."""


@dataclass(frozen=True, slots=True)
class Application:
    """An application: by plan, zone and xsappname, or by its service instance's name.

    The xsappname ``$XSAPPNAME`` is the own one, in the zone if there is one.
    """

    plan: str = ""
    zone: str = ""
    xsappname: str = ""
    service_instance: str = ""
    in_own_space: bool = False
    """Whether only an application of the own space is meant: a name without its plan (D-54)."""


OWN_APPLICATION = Application(xsappname=XSAPPNAME_PLACEHOLDER)
"""The application that the descriptor describes."""


@dataclass(frozen=True, slots=True)
class OwnScope:
    """``$XSAPPNAME.<name>``."""

    name: str


@dataclass(frozen=True, slots=True)
class ForeignScope:
    """One scope of another application; all that it grants if the name is empty."""

    application: Application
    name: str


@dataclass(frozen=True, slots=True)
class PlatformScope:
    """A scope of the platform."""

    name: str


@dataclass(frozen=True, slots=True)
class PlatformApplication:
    """An application of the platform, or its scope: never the target of a reference (D-56)."""

    scope: str
    application: Application = field(default_factory=Application, compare=False)


Reference = AcceptAll | OwnScope | ForeignScope | PlatformScope | PlatformApplication

APPLICATION_FORMS = (
    "$XSAPPNAME(<plan>,<xsappname>), $XSAPPNAME(<plan>,<zone>,<xsappname>),"
    " $XSSERVICENAME(<service instance>)"
)
SCOPE_FORMS = f"$XSAPPNAME.<scope>, or one of {APPLICATION_FORMS} followed by .<scope>"


def parse_application(text: str) -> Application | PlatformApplication | None:
    """Return the application that ``text`` names; None for any other reference."""
    match _by_bare_name(text) if text in _ALSO_APPLICATIONS else parse_scope(text):
        case ForeignScope(application, ""):
            return application
        case PlatformApplication("") as application:
            return application
        case _:
            return None


def parse_scope(text: str) -> Reference | None:
    """Return the reference in ``text``; None if it has none of the known forms."""
    if text.startswith(_OWN):
        name = text.removeprefix(_OWN)
        return OwnScope(name) if _SCOPE_NAME.fullmatch(name) else None
    if text in _ACCEPT_ALL:
        return AcceptAll(text)
    if is_platform_scope(text):
        return PlatformScope(text)
    found = _foreign_scope(text) if text.startswith("$") else _by_bare_name(text)
    if found is not None and is_platform_application(found.application.xsappname):
        return PlatformApplication(found.name, found.application)
    return found


def administration_scopes(text: str) -> frozenset[str]:
    """Return the administration scopes that an entry of ``foreign-scope-references`` names.

    It is such a scope, or names the zone's built-in application with or without a scope (I-157).
    """
    match parse_scope(text):
        case PlatformScope(name):
            return ADMINISTRATION_SCOPES & {name}
        case PlatformApplication(name, application) if _is_administration(application):
            return ADMINISTRATION_SCOPES & {name} if name else ADMINISTRATION_SCOPES
        case _:
            return frozenset()


def _is_administration(application: Application) -> bool:
    name = application.xsappname.partition("!")[0]
    return (application.plan, application.zone, name) == (_OWN_PLAN, "", _ADMINISTRATION)


def _by_bare_name(text: str) -> ForeignScope | None:
    match = _BARE_NAME.fullmatch(text)
    if match is None or text in _WITHOUT_DOLLAR:
        return None
    name, scope = match.groups(default="")
    # An application id such as b!t7 names one application wherever it is; it grants nothing.
    in_own_space = not scope or "!" not in name
    application = Application(_OWN_PLAN, xsappname=name, in_own_space=in_own_space)
    return ForeignScope(application, scope)


def _foreign_scope(text: str) -> ForeignScope | None:
    """Return the reference with parentheses; they are found first, so that no pattern backtracks.

    Blanks around the parts are allowed.
    """
    if text == XSAPPNAME_PLACEHOLDER:
        return ForeignScope(OWN_APPLICATION, "")
    form, _, rest = text.partition("(")
    inside, closed, after = rest.partition(")")
    if not closed:
        return None
    application = _application(form, inside)
    scope = after.removeprefix(".")
    is_scope = after.startswith(".") and _SCOPE_NAME.fullmatch(scope) is not None
    if application is None or not (is_scope or not after):
        return None
    return ForeignScope(application, scope)


def _application(form: str, inside: str) -> Application | None:
    if form == "$XSSERVICENAME":
        name = inside.strip()
        return Application(service_instance=name) if _SERVICE_INSTANCE.fullmatch(name) else None
    if form != "$XSAPPNAME":
        return None
    match [part.strip() for part in inside.split(",")]:
        case [plan, name]:
            zone = ""
        case [plan, zone, name] if _ZONE.fullmatch(zone):
            pass
        case _:
            return None
    is_own = name == XSAPPNAME_PLACEHOLDER
    if _PLAN.fullmatch(plan) is None or not (is_own or _XSAPPNAME.fullmatch(name)):
        return None
    if is_own and not zone and plan == _OWN_PLAN:
        return OWN_APPLICATION
    return Application(plan=plan, zone=zone, xsappname=name)
