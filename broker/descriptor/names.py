"""Names that XSUAA builds or reserves: application ids, client ids, platform scopes."""

from __future__ import annotations

import re
from dataclasses import dataclass

XSAPPNAME_PATTERN = re.compile(r"[A-Za-z0-9_\-/\\]{1,100}")
XSAPPNAME_RULE = "1 to 100 characters from 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', '\\' and '/'"
XSAPPNAME_PLACEHOLDER = "$XSAPPNAME"
SCOPE_NAME = "$XSAPPNAME.<name>"
SCOPE_NAME_RULE = (
    f"{SCOPE_NAME} with characters from 'a'-'z', 'A'-'Z', '0'-'9', '-', '_', '/', '\\', ':' and"
    " '.', not starting with '.'"
)
LOCAL_SCOPE_PATTERN = re.compile(r"[A-Za-z0-9\-_/\\:][A-Za-z0-9\-_/\\:.]*")

BUILT_IN_NAMES = frozenset({"xsuaa", "uaa"})
"""Names of applications that belong to a zone, not to a service instance (D-56)."""

OPERATOR_APPLICATION = "operator!t0"
"""The built-in application of the operator's zone; no service instance has the index 0."""

RESERVED_NAMES = (
    "zones",
    "clients",
    "scim",
    "password",
    "oauth",
    "approvals",
    "groups",
    "sap_system",
    "uaa",
    "xsuaa",
    "operator",
)
RESERVED_PREFIXES = ("na-", "sb-")
"""The platform's own xsappnames, in upper and lower case; older instances keep theirs."""

USER_SCOPES = frozenset({"uaa.user", "openid", "user_attributes", "profile", "roles"})
"""Platform scopes of user tokens, which every user holds (I-131) and any descriptor may name."""

_PLATFORM_SCOPES = USER_SCOPES | {"uaa.resource"}
"""Unprefixed scopes of any token; ``xs_*`` scopes are granted by plan apiaccess only (D-29)."""

_ADMINISTRATION_SCOPE = re.compile(r"xs_[A-Za-z0-9_.\-]{1,190}")

APIACCESS_SCOPES = (
    "uaa.resource",
    "xs_authorization.read",
    "xs_authorization.write",
    "xs_idp.read",
    "xs_idp.write",
    "xs_user.read",
    "xs_user.write",
)
"""The scopes of plan apiaccess: full access to the administration APIs."""

ADMINISTRATION_SCOPES = frozenset(APIACCESS_SCOPES) - {"uaa.resource"}
"""The scopes of the built-in application, for administrators of a zone (I-156)."""

_CLIENT_ID = re.compile(r"sb-[A-Za-z0-9_\-/\\]{1,120}![a-z][0-9]{1,10}")


def is_client_id(text: str) -> bool:
    """Return whether ``text`` has the form of a client id, which no secret has."""
    return _CLIENT_ID.fullmatch(text) is not None


def is_built_in(app_id: str) -> bool:
    """Return whether the id is that of a built-in application."""
    return app_id.partition("!")[0] in BUILT_IN_NAMES or app_id == OPERATOR_APPLICATION


def is_platform_application(app_id: str) -> bool:
    """Return whether only the platform gives the id or name: to no application of a descriptor.

    Other reserved names may belong to applications that are older than their reservation.
    """
    return is_built_in(app_id) or app_id.startswith(("na-", "sb-"))


def is_platform_scope(text: str) -> bool:
    """Return whether ``text`` is an unprefixed scope, which no application defines (D-29)."""
    if not text.startswith("xs_"):
        return text in _PLATFORM_SCOPES
    return _ADMINISTRATION_SCOPE.fullmatch(text) is not None


def is_reserved(xsappname: str) -> bool:
    """Return whether the name is reserved for the platform (D-29), in upper or lower case."""
    name = xsappname.lower()
    return name in RESERVED_NAMES or name.startswith(RESERVED_PREFIXES)


@dataclass(frozen=True, slots=True)
class AppId:
    """An application id such as ``my-app!t7``: name, plan letter, index of the zone."""

    xsappname: str
    plan_letter: str
    zone_index: int

    def __str__(self) -> str:
        return f"{self.xsappname}!{self.plan_letter}{self.zone_index}"

    @classmethod
    def parse(cls, app_id: str) -> AppId:
        """Return the parts of an application id; raise ValueError for any other text."""
        xsappname, mark, suffix = app_id.rpartition("!")
        if not mark or not suffix[1:].isdecimal():
            raise ValueError("no application id")
        return cls(xsappname, suffix[0], int(suffix[1:]))

    @property
    def client_id(self) -> str:
        """The OAuth client id of the application."""
        return f"sb-{self}"

    def qualify(self, reference: str) -> str | None:
        """Return ``my-app!t7.read`` for ``$XSAPPNAME.read``; None for any other reference."""
        head, dot, local = reference.partition(".")
        if head != XSAPPNAME_PLACEHOLDER or not dot or not local:
            return None
        return f"{self}.{local}"
