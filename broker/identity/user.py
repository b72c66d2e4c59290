"""A user of a zone: the record of a person whom an identity provider authenticates (I-01)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from broker.identity.zone import Zone

LOCAL_ORIGIN = "sap.default"
"""The origin of the zone's own user store (I-13)."""

GROUP_ATTRIBUTES = frozenset({"Groups", "groups"})
"""The names of the provider's groups, in mappings and in roles (I-42)."""

_LOCAL_ALIASES = frozenset({"ldap", "uaa"})

RESERVED_ORIGINS = frozenset({"uaa", "ldap", "login-server", "keystone", "unknown", "NaN"})
"""Origins that no identity provider may have (I-12)."""

ORIGIN_PATTERN = re.compile(r"[a-z0-9][a-z0-9._\-]{0,35}")
ORIGIN_RULE = (
    "1 to 36 characters from 'a'-'z', '0'-'9', '.', '_' and '-'; the first a letter or digit"
)


def canonical_origin(text: str) -> str:
    """Return the origin; ``ldap`` and ``uaa`` are other names of ``sap.default``."""
    return LOCAL_ORIGIN if text in _LOCAL_ALIASES else text


_MAX_TEXT = 255


def is_storable(*texts: str) -> bool:
    """Return whether a name or id can be one of these texts; databases refuse to look up others."""
    return all(len(text) <= _MAX_TEXT and text.isprintable() for text in texts)


def folded(name: str) -> str:
    """Return the form in which names are compared: NFKC and case folding (I-02)."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The groups and mapped attributes that the provider sent at the last logon (I-08).

    ``is_incomplete``: there were more, which the provider omitted or the limits dropped (I-43).
    """

    groups: tuple[str, ...]
    attributes: Mapping[str, tuple[str, ...]]
    taken_at: datetime
    is_incomplete: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A user, found by zone, origin and name, or by its id; the id is never reused (I-03).

    ``token_epoch`` is raised to end the user's sessions, codes and tokens (I-09), ``roles_epoch``
    with every change of its assignments (I-143).
    """

    row_id: int
    zone: Zone
    user_id: str
    origin: str
    name: str
    created_at: datetime
    updated_at: datetime
    external_id: str | None = None
    """The provider's ``sub``; None before the first logon (D-38)."""
    email: str | None = None
    email_verified: bool = False
    given_name: str | None = None
    family_name: str | None = None
    phone: str | None = None
    user_uuid: str | None = None
    locale: str | None = None
    is_active: bool = True
    version: int = 1
    last_logon_at: datetime | None = None
    previous_logon_at: datetime | None = None
    snapshot: Snapshot | None = None
    token_epoch: int = 1
    roles_epoch: int = 1
    provider_is_active: bool = field(default=True, compare=False)
    """Whether the identity provider of the origin exists and is active (I-45)."""
    zone_roles_epoch: int = field(default=0, compare=False)
    """Advances with every change of the zone's roles, role collections and mappings (I-143)."""

    @property
    def is_local(self) -> bool:
        """Whether the zone's own user store authenticates the user."""
        return self.origin == LOCAL_ORIGIN

    @property
    def lacks_groups(self) -> bool:
        """Whether groups or attributes of the provider are missing, and so may be rights (I-43)."""
        return self.snapshot is not None and self.snapshot.is_incomplete

    @property
    def amr(self) -> tuple[str, ...]:
        """The authentication methods of a logon (claim ``amr``, I-25)."""
        return ("pwd",) if self.is_local else ("ext", "oauth")
