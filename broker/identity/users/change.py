"""Changes of users by an administrator: names, activation, end of sessions (I-07, I-09)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broker.audit.actor import ActorKind
from broker.audit.event import Action
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, StateConflict, UserExists
from broker.identity.administered_zone import FindZone, administered_zone
from broker.identity.built_in_roles import require_change_of_user
from broker.identity.user import canonical_origin
from broker.identity.user_events import user_event
from broker.identity.users.add import require_free_external_id, require_provider_user
from broker.identity.users.attributes import require_valid
from broker.identity.users.find import user_to_change
from broker.identity.users.version import require_version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.ended_logons import EndedLogons
    from broker.identity.user import User
    from broker.identity.users.find import UserId, UserName
    from broker.identity.users.ports import UserStore
    from broker.identity.zone import Zone
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

        None deletes a value. Raises InvalidRequest, and UserExists for the name of another user.
        """
        require_valid(attributes)
        return self._run(of, lambda store, user: self._update(store, actor, user, attributes))

    def change(
        self,
        actor: Actor,
        of: UserName | UserId,
        attributes: Mapping[str, str | bool | None],
        *,
        origin: str | None = None,
        expected: int | None = None,
    ) -> User:
        """Set these attributes of the user in one transaction, by their names; return the user.

        Those of ``update``, ``locale``, ``is_active``, and before the first logon ``external_id``.
        ``origin`` and ``expected`` (the version) must be the user's, unless they are None. Raises
        InvalidRequest, UserExists, AlreadyExists for the external id of another user, StateConflict
        for another version, for an external id after the first logon, and as ``deactivate``.
        """
        return self.transactions.run(
            lambda store: self.within(
                store,
                actor,
                self.find_zone(store, of.zone),
                of,
                attributes,
                origin=origin,
                expected=expected,
            )
        )

    def within(  # noqa: PLR0913 - what a change consists of
        self,
        store: UserStore,
        actor: Actor,
        zone: Zone,
        of: UserName | UserId,
        attributes: Mapping[str, str | bool | None],
        *,
        origin: str | None = None,
        expected: int | None = None,
    ) -> User:
        """Change the user in the caller's transaction; return it and raise like ``change``."""
        texts = {name: each for name, each in attributes.items() if not isinstance(each, bool)}
        require_valid(texts)
        user = user_to_change(store, zone, of)
        require_version(f"user ({user.user_id})", expected, user.version)
        _require_origin(user, origin)
        if texts.get("external_id", user.external_id) != user.external_id:
            _require_free_external_id(store, user, texts["external_id"])
        changed = self._update(store, actor, user, texts)
        is_active = attributes.get("is_active", user.is_active)
        if is_active:
            return self._activate(store, actor, changed)
        return self._deactivate(store, actor, changed)[0]

    def deactivate(self, actor: Actor, of: UserName) -> tuple[User, EndedLogons | None]:
        """Deactivate the user: no logon and no token from now on (I-09).

        Return what ended, None if the user was inactive. Raises StateConflict for the zone's last
        administrator unless the command line asks for it (I-160).
        """
        return self._run(of, lambda store, user: self._deactivate(store, actor, user))

    def activate(self, actor: Actor, of: UserName) -> User:
        """Activate the user again; ended sessions and tokens stay ended."""
        return self._run(of, lambda store, user: self._activate(store, actor, user))

    def end_sessions(self, actor: Actor, of: UserName) -> tuple[User, EndedLogons]:
        """End the user's sessions, codes, tokens and password links; return how many."""

        def within(store: UserStore, user: User) -> tuple[User, EndedLogons]:
            require_change_of_user(actor, store.assignments, user)
            now = self.clock.now()
            store.audit.append(user_event(Action.END_SESSIONS, actor, user, now))
            return user, store.users.end_all(user, now)

        return self._run(of, within)

    def _run(self, of: UserName | UserId, within: Callable[[UserStore, User], T]) -> T:
        def work(store: UserStore) -> T:
            zone = self.find_zone(store, of.zone)
            return within(store, user_to_change(store, zone, of))

        return self.transactions.run(work)

    def _update(
        self, store: UserStore, actor: Actor, user: User, attributes: Mapping[str, str | None]
    ) -> User:
        name = attributes.get("name") or user.name
        other = store.users.named(user.zone, user.origin, name)
        if other is not None and other.user_id != user.user_id:
            raise UserExists(
                f"Another user of origin {user.origin} is named {name}.",
                name,
                other.user_id,
                is_active=other.is_active,
            )
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

    def _deactivate(
        self, store: UserStore, actor: Actor, user: User
    ) -> tuple[User, EndedLogons | None]:
        if not user.is_active:
            return user, None
        require_change_of_user(actor, store.assignments, user)
        require_another_administrator(store, actor, user)
        changed = self._store(store, actor, user, Action.DEACTIVATE_USER, is_active=False)
        return changed, store.users.end_all(user, changed.updated_at)

    def _activate(self, store: UserStore, actor: Actor, user: User) -> User:
        if user.is_active:
            return user
        require_change_of_user(actor, store.assignments, user)
        return self._store(store, actor, user, Action.ACTIVATE_USER, is_active=True)

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


def _require_origin(user: User, origin: str | None) -> None:
    if origin is not None and canonical_origin(origin) != user.origin:
        raise InvalidRequest.at(
            "origin", f'"{printable(origin)}"', f"{user.origin}: the origin of a user never changes"
        )


def _require_free_external_id(store: UserStore, user: User, external_id: str | None) -> None:
    """Raise StateConflict after the first logon (D-38), AlreadyExists for that of another user."""
    require_provider_user(user.origin)
    if user.last_logon_at is not None or user.snapshot is not None:
        raise StateConflict(
            f"User {user.name} ({user.origin}) has logged on; the external id is that of the"
            " identity provider and can be changed only before the first logon."
        )
    if external_id is not None:
        require_free_external_id(store, user.zone, user.origin, external_id)


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
