"""Repeats withdrawals of users, roles, providers and approvals in a restored database (D-59)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.authorization.approvals import Approvals, ApprovalTransaction
from broker.authorization.collections.events import assignment_event
from broker.authorization.collections.ports import Assignments
from broker.identity.administered_zone import any_zone
from broker.identity.providers.administer import ProviderChanges, Providers
from broker.identity.providers.ports import (
    AdministratorsByOrigin,
    ProviderStore,
    UsersOfOrigin,
)
from broker.identity.user_events import user_event
from broker.recovery.withdrawal import attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.authorization.collections.ports import RoleCollections
    from broker.clock import Clock
    from broker.identity.user import User
    from broker.recovery.user_changes import UserChanges
    from broker.transactions import Transactions


class RestoredUsers(UsersOfOrigin, Protocol):
    """Changes users by their ids."""

    def find(self, user_id: str) -> User | None:
        """Return the user with this id, of any zone."""

    def change(self, user: User) -> None:
        """Store the user's attributes, except the epochs."""

    def remove(self, user: User) -> None:
        """Delete the user with everything that belongs to it."""


class RestoredAssignments(Assignments, AdministratorsByOrigin, Protocol):
    """Role collections of users, and the zone's administrators."""


class RestoredUserStore(ApprovalTransaction, Protocol):
    """The repositories of this module."""

    @property
    def users(self) -> RestoredUsers:
        """The repository of users."""

    @property
    def role_collections(self) -> RoleCollections:
        """The repository of role collections."""

    @property
    def assignments(self) -> RestoredAssignments:
        """The repository of assignments."""

    @property
    def providers(self) -> ProviderStore:
        """The repository of identity providers."""


@dataclass(frozen=True, slots=True)
class RestoreUsers:
    """Applies changes; skips what is withdrawn already, so that it can be repeated."""

    transactions: Transactions[RestoredUserStore]
    clock: Clock

    def __call__(self, caller: Actor, changes: UserChanges) -> Iterator[str]:
        """Apply the withdrawals; yield a message for each change and each refused one."""
        yield from self._withdraw_users(caller, changes)
        yield from self._withdraw_providers(caller, changes)
        yield from self._revoke_approvals(caller, changes)

    def _withdraw_users(self, caller: Actor, changes: UserChanges) -> Iterator[str]:
        for user_id in changes.deleted:
            if user := self._with_user(user_id, self._delete(caller)):
                yield f"Deleted user {user.name} ({user.origin}) again."
        for user_id in changes.deactivated:
            if user := self._with_user(user_id, self._deactivate(caller)):
                yield f"Deactivated user {user.name} ({user.origin}) again."
        for user_id, collection in changes.unassigned:
            if user := self._with_user(user_id, self._unassign(caller, collection)):
                yield f"Took role collection {collection} from {user.name} ({user.origin}) again."

    def _with_user(
        self, user_id: str, change: Callable[[RestoredUserStore, User, datetime], bool]
    ) -> User | None:
        """Return the user if it exists and ``change`` changed it."""

        def within(store: RestoredUserStore) -> User | None:
            user = store.users.find(user_id)
            return user if user and change(store, user, self.clock.now()) else None

        return self.transactions.run(within)

    def _delete(self, caller: Actor) -> Callable[[RestoredUserStore, User, datetime], bool]:
        def within(store: RestoredUserStore, user: User, now: datetime) -> bool:
            store.users.remove(user)
            event = user_event(Action.DELETE_USER, caller, user, now, after_restore=True)
            store.audit.append(event)
            return True

        return within

    def _deactivate(self, caller: Actor) -> Callable[[RestoredUserStore, User, datetime], bool]:
        def within(store: RestoredUserStore, user: User, now: datetime) -> bool:
            if not user.is_active:
                return False
            changed = replace(user, is_active=False, updated_at=now, version=user.version + 1)
            # Its sessions and tokens end with all others when the database is unlocked.
            store.users.change(changed)
            event = user_event(Action.DEACTIVATE_USER, caller, user, now, after_restore=True)
            store.audit.append(event)
            return True

        return within

    def _unassign(
        self, caller: Actor, collection: str
    ) -> Callable[[RestoredUserStore, User, datetime], bool]:
        action = Action.UNASSIGN_ROLE_COLLECTION

        def within(store: RestoredUserStore, user: User, now: datetime) -> bool:
            found = store.role_collections.find(user.zone, collection)
            if found is None or not store.assignments.remove(user, found):
                return False
            event = assignment_event(action, caller, user, found.name, now, after_restore=True)
            store.audit.append(event)
            return True

        return within

    def _withdraw_providers(self, caller: Actor, changes: UserChanges) -> Iterator[str]:
        providers = Providers(self.transactions, self.clock, find_zone=any_zone)
        inactive = ProviderChanges(is_active=False)

        def delete(guid: str, origin: str) -> bool:
            return providers.delete(caller, guid, origin) is not None

        def switch_off(guid: str, origin: str) -> bool:
            is_active = providers.one(guid, origin).provider.is_active
            return is_active and not providers.change(caller, guid, origin, inactive).is_active

        for guid, origin in changes.providers:
            named = f"identity provider {origin} of zone {guid}"
            yield from attempt(named, "Deleted", partial(delete, guid, origin))
        for guid, origin in changes.switched_off:
            named = f"identity provider {origin} of zone {guid}"
            yield from attempt(named, "Switched off", partial(switch_off, guid, origin))

    def _revoke_approvals(self, caller: Actor, changes: UserChanges) -> Iterator[str]:
        approvals = Approvals(self.transactions, self.clock, find_zone=any_zone)

        def revoke(application: str) -> bool:
            # By its id alone: a split after the backup moved it to a zone that does not exist now.
            found = next((each for each in approvals.all() if each.app_id == application), None)
            if found is None or found.approved_at is None:
                return False
            return approvals.revoke(caller, found.zone_guid, application).approved_at is None

        for application in changes.approvals:
            named = f"the approval of {application}"
            yield from attempt(named, "Revoked", partial(revoke, application))
