"""Changes of users by an administrator: names, activation, end of sessions (I-07, I-09)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broker.audit.actor import ActorKind
from broker.audit.event import Action
from broker.errors import AlreadyExists, StateConflict
from broker.identity.administered_zone import FindZone, administered_zone
from broker.identity.built_in_roles import require_change_of_user
from broker.identity.user_events import user_event
from broker.identity.users.attributes import require_valid
from broker.identity.users.find import user_to_change

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.ended_logons import EndedLogons
    from broker.identity.user import User
    from broker.identity.users.find import UserName
    from broker.identity.users.ports import UserStore
    from broker.transactions import T, Transactions


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """Changes users.

    Every method raises NotFound for an unknown zone or user, and AccessDenied for a holder of a
    built-in role whom the actor may not change (D-47).
    """

    transactions: Transactions[UserStore]
    clock: Clock
    find_zone: FindZone = administered_zone

    def update(self, actor: Actor, of: UserName, **attributes: str | None) -> User:
        """Set ``name``, ``email``, ``given_name``, ``family_name`` or ``phone``; return the user.

        None deletes a value. Raises InvalidRequest, and AlreadyExists for the name of another user.
        """
        require_valid(attributes)

        def within(store: UserStore, user: User) -> User:
            name = attributes.get("name") or user.name
            other = store.users.named(user.zone, user.origin, name)
            if other is not None and other.user_id != user.user_id:
                raise AlreadyExists(f"Another user of origin {user.origin} is named {name}.")
            changed = {
                key: value
                for key, value in {**attributes, "name": name}.items()
                if getattr(user, key) != value
            }
            if not changed:
                return user
            require_change_of_user(actor, store.assignments, user)
            verified = {"email_verified": False} if "email" in changed else {}
            return self._store(store, actor, user, Action.UPDATE_USER, **changed, **verified)

        return self._run(of, within)

    def deactivate(self, actor: Actor, of: UserName) -> tuple[User, EndedLogons | None]:
        """Deactivate the user: no logon and no token from now on (I-09).

        Return what ended, None if the user was inactive. Raises StateConflict for the zone's last
        administrator unless the command line asks for it (I-160).
        """

        def within(store: UserStore, user: User) -> tuple[User, EndedLogons | None]:
            if not user.is_active:
                return user, None
            require_change_of_user(actor, store.assignments, user)
            require_another_administrator(store, actor, user)
            changed = self._store(store, actor, user, Action.DEACTIVATE_USER, is_active=False)
            return changed, store.users.end_all(user, self.clock.now())

        return self._run(of, within)

    def activate(self, actor: Actor, of: UserName) -> User:
        """Activate the user again; ended sessions and tokens stay ended."""

        def within(store: UserStore, user: User) -> User:
            if user.is_active:
                return user
            require_change_of_user(actor, store.assignments, user)
            return self._store(store, actor, user, Action.ACTIVATE_USER, is_active=True)

        return self._run(of, within)

    def end_sessions(self, actor: Actor, of: UserName) -> tuple[User, EndedLogons]:
        """End the user's sessions, codes, tokens and password links; return how many."""

        def within(store: UserStore, user: User) -> tuple[User, EndedLogons]:
            now = self.clock.now()
            store.audit.append(user_event(Action.END_SESSIONS, actor, user, now))
            return user, store.users.end_all(user, now)

        return self._run(of, within)

    def _run(self, of: UserName, within: Callable[[UserStore, User], T]) -> T:
        def work(store: UserStore) -> T:
            zone = self.find_zone(store, of.zone)
            return within(store, user_to_change(store, zone, of.origin, of.name))

        return self.transactions.run(work)

    def _store(
        self, store: UserStore, actor: Actor, user: User, action: Action, **changes: object
    ) -> User:
        now = self.clock.now()
        changed = replace(user, **changes, updated_at=now, version=user.version + 1)  # type: ignore[arg-type]
        store.users.change(changed)
        old = {key: getattr(user, key) for key in changes}
        details = {} if "is_active" in changes else {"changed": changes, "previous": old}
        store.audit.append(user_event(action, actor, changed, now, **details))
        return changed


def require_another_administrator(store: UserStore, actor: Actor, user: User) -> None:
    """Raise StateConflict for the last active administrator of the zone (I-160).

    Only the command line may remove it.
    """
    is_exempt = actor.kind == ActorKind.COMMAND_LINE
    if not is_exempt and store.assignments.is_last_administrator(user):
        raise StateConflict(
            f"{user.name} is the last active administrator of zone {user.zone.subdomain}. Assign"
            " the role collection Subaccount Administrator to another user first."
        )
