"""Store interfaces for the administration of users."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from broker.audit.ports import WithAudit
from broker.identity.administered_zone import ZoneStore
from broker.identity.ended_logons import EndedLogons
from broker.identity.user import User
from broker.identity.users.search import UserQuery
from broker.identity.zone import Zone
from broker.transactions import Locks


class Users(Protocol):
    """Stores users."""

    def named(self, zone_: Zone, origin: str, name: str) -> User | None:
        """Return the zone's user of this origin whose name differs at most by case (I-02)."""

    def find(self, user_id: str) -> User | None:
        """Return the user with this id, of any zone."""

    def with_external_id(self, zone_: Zone, origin: str, external_id: str) -> User | None:
        """Return the zone's user of this origin and provider's ``sub`` (I-04)."""

    def for_change(self, user: User) -> User | None:
        """Return the user as it is now, locked until the commit; None if it was deleted."""

    def has_provider(self, zone_: Zone, origin: str) -> bool:
        """Return whether the zone has this identity provider; the local store needs no record."""

    def add(self, user: User) -> None:
        """Insert the user."""

    def change(self, user: User) -> None:
        """Store the user's attributes, except the epochs."""

    def record_logon(self, user: User, now: datetime) -> bool:
        """Store the time of a logon; return False if the user was deleted or ended meanwhile."""

    def roles_changed(self, user: User) -> None:
        """Raise the user's roles epoch, which invalidates cached rights (I-143)."""

    def end_all(self, user: User, now: datetime) -> EndedLogons:
        """End the user's sessions, codes, tokens, passcode and password links; return how many."""

    def remove(self, user: User) -> None:
        """Delete the user with everything that belongs to it (I-10)."""


class SearchesUsers(Protocol):
    """Lists users page by page."""

    def page(self, zone: Zone, query: UserQuery) -> list[User]:
        """Return the next users of the zone that match the query."""


class ExportsUsers(Protocol):
    """Collects what is stored about one user."""

    def of(self, user: User) -> dict[str, Any]:
        """Return everything stored about the user as JSON-compatible values, without secrets."""


class Assignments(Protocol):
    """Knows who holds the built-in roles (D-56)."""

    def is_last_administrator(self, user: User) -> bool:
        """Return whether no other active user directly holds ``xsuaa_admin`` (I-160).

        The administrators of the zone are locked until the commit.
        """

    def holds_built_in_role(self, user: User) -> bool:
        """Return whether an assignment or mapping gives the user a built-in role (D-38)."""


class UserStore(ZoneStore, WithAudit, Locks, Protocol):
    """The repositories behind the administration of users."""

    @property
    def users(self) -> Users:
        """The repository of users."""

    @property
    def user_search(self) -> SearchesUsers:
        """The lists of users."""

    @property
    def user_export(self) -> ExportsUsers:
        """The export of users."""

    @property
    def assignments(self) -> Assignments:
        """The repository of role assignments."""
