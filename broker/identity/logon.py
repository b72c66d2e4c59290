"""The user behind a logon at an identity provider (D-38, I-04, I-05, I-08)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Action
from broker.errors import GrantRefused, InvalidRequest
from broker.identity.administered_zone import lock_providers
from broker.identity.user import LOCAL_ORIGIN, Snapshot, User, folded
from broker.identity.user_events import user_event
from broker.identity.users.attributes import require_valid, usable
from broker.ids import new_row_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from broker.clock import Clock
    from broker.identity.users.ports import UserStore
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

MAX_GROUPS = 500
MAX_ATTRIBUTES = 100
MAX_VALUES = 500
MAX_LENGTH = 255

UNKNOWN_USER = (
    "The user account must be pre-created. Please contact your system administrator."  # I-44
)
NAME_IN_USE = "Another user has this user name. Please contact your system administrator."
INACTIVE = "The user account is not active. Please contact your system administrator."


@dataclass(frozen=True, slots=True)
class ProviderPolicy:
    """What an administrator configured for the identity provider with this origin.

    ``creates_users``: whether unknown users are created at their first logon (I-44);
    ``has_trusted_names``: whether user names of the provider identify users before that (D-38).
    """

    origin: str
    creates_users: bool = True
    has_trusted_names: bool = False


@dataclass(frozen=True, slots=True)
class ProviderIdentity:
    """What the provider states about the user; ``sub`` never changes, all else may."""

    sub: str
    name: str
    email: str | None = None
    email_verified: bool = False
    given_name: str | None = None
    family_name: str | None = None
    phone: str | None = None
    user_uuid: str | None = None
    locale: str | None = None
    groups: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    omits_groups: bool = False
    """Whether the provider left groups out because they are too many (I-43)."""


@dataclass(frozen=True, slots=True)
class Stated:
    """When the provider stated an identity, and whether all mapped groups and attributes are in it.

    An id token can be exchanged minutes after it was issued, and without userinfo: an exchange
    restores no withdrawn groups and removes none that the token does not state (TH-24).
    """

    at: datetime
    is_complete: bool

    def updates(self, user: User) -> bool:
        """Return whether it is the user's first identity, or complete and newer than the stored."""
        if user.snapshot is None or user.external_id is None:
            return True
        return self.is_complete and self.at > user.snapshot.taken_at


@dataclass(frozen=True, slots=True)
class LogonAtProvider:
    """Finds or creates the user of a provider's identity and stores what the provider states."""

    transactions: Transactions[UserStore]
    clock: Clock

    def __call__(self, zone: Zone, policy: ProviderPolicy, identity: ProviderIdentity) -> User:
        """Return the user, with the provider's current attributes, groups and names.

        Raises GrantRefused (``access_denied``) for an unusable identity, an inactive user, an
        unknown user at a provider that creates none, and a name that belongs to another user.
        """
        # After a lost race for a unique value the transaction is repeated and finds the user.
        return self.transactions.run(lambda store: self.within(store, zone, policy, identity))

    def within(
        self,
        store: UserStore,
        zone: Zone,
        policy: ProviderPolicy,
        identity: ProviderIdentity,
        stated: Stated | None = None,
    ) -> User:
        """Return the user in the caller's transaction; raise like a call.

        ``stated``: of an exchanged id token; None at a logon, which always updates the user.
        """
        _require_usable(identity)
        now = self.clock.now()
        found = _find(store, zone, policy, identity)
        if found is None:
            return _create(store, zone, policy, identity, now, stated)
        if not found.is_active:
            raise _refused(INACTIVE)
        if stated is not None and not stated.updates(found):
            return found
        return _update(store, found, identity, now, stated)


def _find(
    store: UserStore, zone: Zone, policy: ProviderPolicy, identity: ProviderIdentity
) -> User | None:
    found = store.users.with_external_id(zone, policy.origin, identity.sub)
    if found is not None:
        return store.users.for_change(found)
    named = store.users.named(zone, policy.origin, identity.name)
    named = named and store.users.for_change(named)
    if named is None or named.external_id == identity.sub:  # a concurrent first logon added it
        return named
    is_adopted = (
        named.external_id is None
        and policy.has_trusted_names
        # A user with a password, and a user with a built-in role, belong to who has them.
        and policy.origin != LOCAL_ORIGIN
        and not store.assignments.holds_built_in_role(named)
    )
    if not is_adopted:
        raise _refused(NAME_IN_USE)
    return named


def _create(  # noqa: PLR0913, PLR0917 - what a logon consists of
    store: UserStore,
    zone: Zone,
    policy: ProviderPolicy,
    identity: ProviderIdentity,
    now: datetime,
    stated: Stated | None,
) -> User:
    if not policy.creates_users:
        raise _refused(UNKNOWN_USER)
    lock_providers(store, zone)
    if not store.users.has_provider(zone, policy.origin):
        raise _refused(UNKNOWN_USER)
    snapshot, dropped = _snapshot(identity, stated.at if stated else now)
    user = User(
        row_id=new_row_id(),
        zone=zone,
        user_id=str(uuid4()),
        origin=policy.origin,
        name=identity.name,
        created_at=now,
        updated_at=now,
        last_logon_at=now,
        snapshot=snapshot,
        **_profile(identity),
    )
    store.users.add(user)
    by = Actor(ActorKind.USER, user.user_id)
    store.audit.append(user_event(Action.CREATE_USER, by, user, now, at_logon=True, **dropped))
    return user


def _update(
    store: UserStore,
    user: User,
    identity: ProviderIdentity,
    now: datetime,
    stated: Stated | None,
) -> User:
    # A name of another user stays that user's; this one keeps its own.
    is_free = folded(identity.name) == folded(user.name) or (
        store.users.named(user.zone, user.origin, identity.name) is None
    )
    profile = {"name": identity.name if is_free else user.name, **_profile(identity)}
    if stated is not None and profile["email"] is None:
        del profile["email_verified"]
    changed = {
        key: value
        for key, value in profile.items()
        if getattr(user, key) != value and (stated is None or value is not None)
    }
    snapshot, dropped = _snapshot(identity, stated.at if stated else now)
    updated = replace(
        user,
        **changed,
        snapshot=snapshot,
        last_logon_at=now,
        previous_logon_at=user.last_logon_at,
        updated_at=now if changed else user.updated_at,
        version=user.version + bool(changed),
    )
    store.users.change(updated)
    if user.snapshot is None or replace(user.snapshot, taken_at=snapshot.taken_at) != snapshot:
        # Mappings of groups and attributes decide the role collections (I-133).
        store.users.roles_changed(user)
        updated = replace(updated, roles_epoch=user.roles_epoch + 1)
    if changed or dropped:
        previous = {key: getattr(user, key) for key in changed}
        by = Actor(ActorKind.USER, user.user_id)
        details = {"changed": changed, "previous": previous, "at_logon": True, **dropped}
        store.audit.append(user_event(Action.UPDATE_USER, by, updated, now, **details))
    return updated


def _profile(identity: ProviderIdentity) -> dict[str, Any]:
    """Return the attributes; an unusable value of an optional one is left out."""
    profile = usable(
        {
            "email": identity.email,
            "given_name": identity.given_name,
            "family_name": identity.family_name,
            "phone": identity.phone,
            "user_uuid": identity.user_uuid,
            "locale": identity.locale,
        }
    )
    is_verified = identity.email_verified and profile["email"] is not None
    return {**profile, "external_id": identity.sub, "email_verified": is_verified}


def snapshot_of(identity: ProviderIdentity, now: datetime) -> Snapshot:
    """Return what is stored of the groups and attributes (I-43)."""
    return _snapshot(identity, now)[0]


def _snapshot(identity: ProviderIdentity, now: datetime) -> tuple[Snapshot, dict[str, int]]:
    """Return the snapshot within its limits, and what is missing in it, for the audit (I-43)."""
    groups = _usable_values(identity.groups, MAX_GROUPS)
    attributes = {
        name: _usable_values(values, MAX_VALUES)
        for name, values in list(identity.attributes.items())[:MAX_ATTRIBUTES]
        if len(name) <= MAX_LENGTH
    }
    dropped = {
        "dropped_groups": len(identity.groups) - len(groups),
        "dropped_attribute_values": sum(map(len, identity.attributes.values()))
        - sum(map(len, attributes.values())),
    }
    missing = {name: count for name, count in dropped.items() if count}
    if identity.omits_groups:
        missing["omitted_groups"] = True
    return Snapshot(groups, attributes, now, is_incomplete=bool(missing)), missing


def _usable_values(values: tuple[str, ...], limit: int) -> tuple[str, ...]:
    return tuple(value for value in values if len(value) <= MAX_LENGTH)[:limit]


def _require_usable(identity: ProviderIdentity) -> None:
    try:
        require_valid({"name": identity.name, "external_id": identity.sub})
    except InvalidRequest as error:
        raise _refused(f"The identity provider sent an unusable user: {error}.") from error


def _refused(text: str) -> GrantRefused:
    return GrantRefused("access_denied", text, is_unauthorized=True)
