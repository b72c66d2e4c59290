"""A request that its page accepts, and what handlers ask about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from broker.audit.actor import Actor, ActorKind
from broker.console.rights import OPERATOR
from broker.errors import BrokerError, NotFound
from broker.identity.zone import OPERATOR_INDEX

if TYPE_CHECKING:
    from datetime import datetime

    from broker.authentication.session import Session
    from broker.console.tables import Listing
    from broker.identity.user import User
    from broker.identity.zone import Zone


class FreshLogonRequired(BrokerError):
    """The logon is too old for what the form does (I-86)."""


@dataclass(frozen=True, slots=True)
class ConsoleRequest:
    """A request of a user with a logon and the page's right.

    ``rights`` are the user's, read for this request: in the own zone, for the operator in each.
    ``zone`` is the zone that the path names, for which the right holds. ``path``: decoded
    parameters. ``query`` and ``form``: single values, '' if absent or repeated; on the page of a
    form, ``form`` is what was typed into it before a logon.
    """

    session: Session
    rights: frozenset[str]
    zone: Zone | None
    now: datetime
    listing: Listing
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    correlation_id: str = ""
    is_fresh: bool = False
    """Whether the logon is recent enough for a dangerous action."""

    @property
    def user(self) -> User:
        """The user."""
        return self.session.user

    @property
    def is_operator(self) -> bool:
        """Whether the user is the operator, who reaches every zone."""
        return OPERATOR in self.rights

    @property
    def in_zone(self) -> Zone:
        """The zone that the path names; raise NotFound without one."""
        if self.zone is None:
            raise NotFound("The page belongs to no zone.")
        return self.zone

    @property
    def zone_guid(self) -> str:
        """The GUID of the zone that the path names; raise NotFound without one."""
        return self.in_zone.guid

    @property
    def actor(self) -> Actor:
        """The actor of changes, with the scopes that the user has (D-47)."""
        identity: dict[str, Any] = {"console": True}
        if self.user.zone.index == OPERATOR_INDEX:
            identity["operator"] = self.user.name
        return Actor(
            ActorKind.USER,
            self.user.user_id,
            identity=identity,
            correlation_id=self.correlation_id,
            scopes=self.rights - {OPERATOR},
        )

    def require_fresh_logon(self) -> None:
        """Raise FreshLogonRequired, which leads to a logon and back to the page of the form."""
        if not self.is_fresh:
            raise FreshLogonRequired("This demands a logon of the last five minutes.")

    def with_rights(self, rights: frozenset[str]) -> ConsoleRequest:
        """Return the request with the user's rights."""
        return replace(self, rights=rights)

    def within(self, zone: Zone) -> ConsoleRequest:
        """Return the request in this zone."""
        return replace(self, zone=zone)

    def may(self, right: str) -> bool:
        """Return whether the user has the right in the zone of the page."""
        return right in self.rights

    def reaches(self, zone: Zone) -> bool:
        """Return whether the user's rights hold in this zone; not in the operator's own (D-56)."""
        if zone.index == OPERATOR_INDEX:
            return False
        return self.is_operator or zone.row_id == self.user.zone.row_id
