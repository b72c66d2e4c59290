"""Users of a zone, without a logon."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from broker.identity.providers.provider import OIDC, Provider
from broker.identity.user import LOCAL_ORIGIN, User
from broker.identity.zone import Zone
from broker.ids import new_row_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.domain import Domain

NOW = datetime(2030, 1, 1, tzinfo=UTC)
A_ZONE = Zone(row_id=7, index=1, guid=str(uuid4()), subdomain="zone-1", grants_epoch=1)


def a_user(zone: Zone = A_ZONE, name: str = "anna", **changes: Any) -> User:
    """Return a local user that is stored nowhere."""
    members: dict[str, Any] = {
        "row_id": new_row_id(),
        "zone": zone,
        "user_id": str(uuid4()),
        "origin": LOCAL_ORIGIN,
        "name": name,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return User(**(members | changes))


def zone_of(domain: Domain, name: str = "org") -> Zone:
    """Return the zone of an organization."""
    return domain.provision(name, organization_guid=name).instance.client.zone


def stored_user(domain: Domain, zone: Zone, name: str = "anna", **changes: Any) -> User:
    """Store a user and return it."""
    user = a_user(zone, name, **changes)
    domain.transactions.run(lambda store: store.users.add(user))
    return user


def stored_provider(domain: Domain, zone: Zone, origin: str, name: str = "") -> None:
    """Store an active identity provider; its name is by default the origin."""
    provider = Provider(new_row_id(), zone, origin, OIDC, name or origin, NOW, NOW)
    domain.transactions.run(lambda store: store.providers.add(provider, None))


@dataclass
class FakeAssignments:
    """Users with built-in roles, and those who are the last administrators."""

    last: set[str] = field(default_factory=set)
    built_in: set[str] = field(default_factory=set)

    def is_last_administrator(self, user: User) -> bool:
        """Return whether the user is one of ``last``."""
        return user.user_id in self.last

    def holds_built_in_role(self, user: User) -> bool:
        """Return whether the user is one of ``built_in``."""
        return user.user_id in self.built_in


@dataclass
class WithAssignments:
    """Transactions of a domain with these assignments."""

    domain: Domain
    assignments: FakeAssignments = field(default_factory=FakeAssignments)

    def run(self, work: Callable[[Any], Any]) -> Any:
        """Run the work in a transaction."""
        return self.domain.transactions.run(lambda store: work(self._with(store)))

    def read(self, work: Callable[[Any], Any]) -> Any:
        """Run the work without a transaction."""
        return self.domain.transactions.read(lambda store: work(self._with(store)))

    def _with(self, store: Any) -> Any:
        store.assignments = self.assignments
        return store
