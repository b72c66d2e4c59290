"""The syntax of references to applications and scopes in ``xs-security.json``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from broker.descriptor.names import PLATFORM_SCOPES

_NAME = r"[A-Za-z0-9_\-/\\]{1,100}"
_SCOPE = r"[A-Za-z0-9\-_/\\:][A-Za-z0-9\-_/\\:.]{0,192}"
_BY_NAME = re.compile(
    rf"\$XSAPPNAME\(\s*([a-z]{{1,32}})\s*,\s*(?:({_NAME})\s*,\s*)?({_NAME})\s*\)(?:\.({_SCOPE}))?"
)
_BY_SERVICE = re.compile(
    rf"\$XSSERVICENAME\(\s*([^()\x00-\x1f\x7f]{{1,255}}?)\s*\)(?:\.({_SCOPE}))?"
)
_OWN_SCOPE = re.compile(rf"\$XSAPPNAME\.({_SCOPE})")
_APPLICATION_SCOPE = re.compile(rf"({_NAME}(?:![a-z][0-9]{{1,10}})?)\.({_SCOPE})")


class AcceptAll(StrEnum):
    """Accepts all authorities or scopes granted by other applications."""

    AUTHORITIES = "$ACCEPT_GRANTED_AUTHORITIES"
    SCOPES = "$ACCEPT_GRANTED_SCOPES"


@dataclass(frozen=True, slots=True)
class Application:
    """Another application: by plan, zone and xsappname, or by its service instance's name."""

    plan: str = ""
    zone: str = ""
    xsappname: str = ""
    service_instance: str = ""


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


Reference = AcceptAll | OwnScope | ForeignScope | PlatformScope | Application

APPLICATION_FORMS = (
    "$XSAPPNAME(<plan>,<xsappname>), $XSAPPNAME(<plan>,<zone>,<xsappname>),"
    " $XSSERVICENAME(<service instance>)"
)
SCOPE_FORMS = f"$XSAPPNAME.<scope>, or one of {APPLICATION_FORMS} followed by .<scope>"


def parse_application(text: str) -> Application | None:
    """Return the application that ``text`` names; None for any other reference."""
    found = parse_scope(text)
    if isinstance(found, ForeignScope) and not found.name:
        return found.application
    return None


def parse_scope(text: str) -> Reference | None:
    """Return the reference in ``text``; None if it has none of the known forms."""
    if text in set(AcceptAll):
        return AcceptAll(text)
    if text in PLATFORM_SCOPES:
        return PlatformScope(text)
    if match := _OWN_SCOPE.fullmatch(text):
        return OwnScope(match.group(1))
    if match := _BY_NAME.fullmatch(text):
        plan, zone, name, scope = match.groups(default="")
        return ForeignScope(Application(plan=plan, zone=zone, xsappname=name), scope)
    if match := _BY_SERVICE.fullmatch(text):
        name, scope = match.groups(default="")
        return ForeignScope(Application(service_instance=name), scope)
    if not text.startswith(("$", "xs_")) and (match := _APPLICATION_SCOPE.fullmatch(text)):
        name, scope = match.groups()
        return ForeignScope(Application(plan="application", xsappname=name), scope)
    return None
