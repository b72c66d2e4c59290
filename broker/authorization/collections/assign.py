"""The assignment of role collections to users (I-160, I-161)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from broker.audit.event import Action
from broker.authorization.collections.events import assignment_event
from broker.authorization.collections.find import collection_named, user_named
from broker.authorization.collections.model import Assignment
from broker.authorization.collections.names import require_valid_description
from broker.authorization.collections.ports import CollectionStore
from broker.authorization.collections.protection import require_change_of_members
from broker.clock import utc_text
from broker.errors import InvalidRequest, NotFound, StateConflict
from broker.identity.administered_zone import administered_zone
from broker.identity.users.protection import keeping_an_administrator

if TYPE_CHECKING:
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.identity.user import User
    from broker.identity.users.find import UserName
    from broker.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Terms:
    """The expiry and the note of an assignment, both optional."""

    expires_at: datetime | None = None
    note: str | None = None


UNLIMITED = Terms()


@dataclass(frozen=True, slots=True)
class AssignCollections:
    """Assigns role collections to users and ends assignments."""

    transactions: Transactions[CollectionStore]

    def assign(
        self, actor: Actor, user: UserName, collection: str, terms: Terms = UNLIMITED
    ) -> bool:
        """Assign the collection to the user; return whether anything changed.

        Raises NotFound, AccessDenied, StateConflict, InvalidRequest.
        """
        return self.transactions.run(
            lambda store: assign(store, actor, _found(store, user), collection, terms)
        )

    def unassign(self, actor: Actor, user: UserName, collection: str) -> bool:
        """End the assignment; return whether there was one. Raises as ``assign`` does."""
        return self.transactions.run(
            lambda store: unassign(store, actor, _found(store, user), collection)
        )


def assign(
    store: CollectionStore, actor: Actor, user: User, collection: str, terms: Terms = UNLIMITED
) -> bool:
    """Assign the collection of the user's zone; return whether anything changed.

    Raises NotFound, AccessDenied (D-47), StateConflict for an inactive user and for an expiry of
    the zone's last administrator (I-160), InvalidRequest for an expiry in the past.
    """
    now, note = store.time(), terms.note
    expires_at = terms.expires_at and _in_utc(terms.expires_at)
    if expires_at is not None and expires_at <= now:
        raise InvalidRequest.at("expires", _shown(expires_at) or "", "a later time")
    if note is not None:
        require_valid_description("note", note)
    store.zones.lock_roles(user.zone)
    store.built_in.ensure(user.zone)
    current = store.users.at(user.row_id)
    if current is None:
        raise NotFound(f"User {user.name} ({user.origin}) does not exist any more.")
    if not current.is_active:
        raise StateConflict(
            f"User {user.name} ({user.origin}) is inactive; activate the user before assigning"
            " role collections."
        )
    found = collection_named(store, user.zone, collection)
    require_change_of_members(actor, store.role_collections, user.zone, found)
    former = store.assignments.find(current, found)
    if former is not None and (former.expires_at, former.note) == (expires_at, note):
        return False
    # An expiry must not leave the zone without administrator either.
    with keeping_an_administrator(store.assignments, actor, user.zone, expires_at or now):
        store.assignments.put(
            current,
            found,
            Assignment(
                found.name,
                user.user_id,
                user.origin,
                user.name,
                actor.reference,
                now,
                expires_at,
                note,
            ),
        )
    details: dict[str, object] = {"expires_at": _shown(expires_at)}
    if former is not None:
        details["previous_expires_at"] = _shown(former.expires_at)
    store.audit.append(
        assignment_event(Action.ASSIGN_ROLE_COLLECTION, actor, current, found.name, now, **details)
    )
    return True


def unassign(store: CollectionStore, actor: Actor, user: User, collection: str) -> bool:
    """End the assignment; return whether there was one.

    Raises NotFound, AccessDenied, and StateConflict for the zone's last administrator unless the
    actor is the command line.
    """
    now = store.time()
    store.zones.lock_roles(user.zone)
    found = collection_named(store, user.zone, collection)
    require_change_of_members(actor, store.role_collections, user.zone, found)
    former = store.assignments.find(user, found)
    if former is None:
        return False
    with keeping_an_administrator(store.assignments, actor, user.zone, now):
        store.assignments.remove(user, found)
    store.audit.append(
        assignment_event(
            Action.UNASSIGN_ROLE_COLLECTION,
            actor,
            user,
            found.name,
            now,
            assigned_by=former.created_by,
        )
    )
    return True


def _found(store: CollectionStore, user: UserName) -> User:
    return user_named(store, administered_zone(store, user.zone), user.origin, user.name)


def _in_utc(time: datetime) -> datetime:
    """Return the time in UTC; raise InvalidRequest for one that has none there."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise InvalidRequest.at("expires", time.isoformat(), "a time until the year 9999") from None


def _shown(time: datetime | None) -> str | None:
    return utc_text(_in_utc(time)) if time else None
