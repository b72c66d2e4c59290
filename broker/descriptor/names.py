"""Names that XSUAA builds and reserves: application ids, client ids, platform scopes."""

from __future__ import annotations

import re
from dataclasses import dataclass

XSAPPNAME_PATTERN = re.compile(r"[A-Za-z0-9_\-/\\]{1,100}")
XSAPPNAME_RULE = "1 to 100 characters from 'a'-'z', 'A'-'Z', '0'-'9', '_', '-', '\\' and '/'"
XSAPPNAME_PLACEHOLDER = "$XSAPPNAME"

_RESERVED_NAMES = frozenset({"xsuaa", "uaa"})
_RESERVED_PREFIXES = ("na-", "sb-")

PLATFORM_SCOPES = frozenset({"uaa.user", "openid", "user_attributes", "uaa.resource"})
"""Unprefixed scopes any token may carry; ``xs_*`` scopes come from plan apiaccess only (D-29)."""

APIACCESS_SCOPES = (
    "uaa.resource",
    "xs_authorization.read",
    "xs_authorization.write",
    "xs_idp.read",
    "xs_idp.write",
    "xs_user.read",
    "xs_user.write",
)
"""What a client of plan apiaccess may do: the full-access set of the administration APIs."""


_CLIENT_ID = re.compile(r"sb-[A-Za-z0-9_\-/\\]{1,120}![a-z][0-9]{1,10}")


def is_client_id(text: str) -> bool:
    """Tell whether ``text`` has the form of our client ids; no secret ever has it."""
    return _CLIENT_ID.fullmatch(text) is not None


def is_reserved(xsappname: str) -> bool:
    """Tell whether the name belongs to the platform itself (D-29)."""
    return xsappname in _RESERVED_NAMES or xsappname.startswith(_RESERVED_PREFIXES)


@dataclass(frozen=True, slots=True)
class AppId:
    """An application id such as ``my-app!t7``: name, plan letter, index of the zone."""

    xsappname: str
    plan_letter: str
    zone_index: int

    def __str__(self) -> str:
        return f"{self.xsappname}!{self.plan_letter}{self.zone_index}"

    @property
    def client_id(self) -> str:
        """Return the OAuth client id of the application."""
        return f"sb-{self}"

    def qualify(self, reference: str) -> str | None:
        """Turn ``$XSAPPNAME.read`` into ``my-app!t7.read``; None for any other reference."""
        head, dot, local = reference.partition(".")
        if head != XSAPPNAME_PLACEHOLDER or not dot or not local:
            return None
        return f"{self}.{local}"
