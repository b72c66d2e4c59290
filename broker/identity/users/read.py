"""Reading of users: lists, single users and exports."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from broker.audit.event import Action
from broker.identity.administered_zone import FindZone, administered_zone
from broker.identity.user_events import user_event
from broker.identity.users.attributes import valid_origin
from broker.identity.users.find import user_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.user import User
    from broker.identity.users.find import UserName
    from broker.identity.users.ports import UserStore
    from broker.identity.users.search import UserQuery
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class ReadUsers:
    """Reads users. Every method raises NotFound for an unknown zone or user."""

    transactions: Transactions[UserStore]
    clock: Clock
    find_zone: FindZone = administered_zone

    def page(self, zone_name: str, query: UserQuery) -> list[User]:
        """Return the next users that match, at most ``query.limit``."""
        return self.transactions.read(
            lambda store: store.user_search.page(
                self.find_zone(store, zone_name),
                replace(query, origin=query.origin and valid_origin(query.origin)),
            )
        )

    def all(self, zone_name: str, query: UserQuery) -> Iterator[User]:
        """Yield all users that match, reading them page by page."""
        while page := self.page(zone_name, query):
            yield from page
            if len(page) < query.limit:
                return
            query = replace(query, after=(page[-1].origin, page[-1].name))

    def one(self, of: UserName) -> tuple[User, bool]:
        """Return the user, and whether it is the zone's last active administrator."""

        def within(store: UserStore) -> tuple[User, bool]:
            user = user_named(store, self.find_zone(store, of.zone), of.origin, of.name)
            return user, store.assignments.is_last_administrator(user)

        return self.transactions.run(within)

    def export(self, actor: Actor, of: UserName) -> dict[str, Any]:
        """Return everything stored about the user, without secrets; the export is audited."""

        def within(store: UserStore) -> dict[str, Any]:
            user = user_named(store, self.find_zone(store, of.zone), of.origin, of.name)
            document = store.user_export.of(user)
            store.audit.append(user_event(Action.EXPORT_USER, actor, user, self.clock.now()))
            return document

        return self.transactions.run(within)
