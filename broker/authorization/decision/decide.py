"""The decision on a user's rights at a client: pure logic over plain rows (D-39)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broker.authorization.decision.path import Path, Removal
from broker.authorization.decision.role_values import (
    RoleValues,
    provided,
    role_values,
    united,
)
from broker.authorization.user_scopes import OWN_PREFIX
from broker.descriptor.names import ADMINISTRATION_SCOPES, LOCAL_SCOPE_PATTERN, USER_SCOPES
from broker.identity.user import GROUP_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import timedelta

    from broker.authorization.decision.assigned import Assigned, HeldRole, Membership
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.identity.user import Snapshot, User

_ALWAYS = "openid"
"""The scope that every client may have (I-132)."""


_UNRESOLVED = frozenset({Removal.NOT_IN_TEMPLATE, Removal.PENDING})


@dataclass(frozen=True, slots=True)
class Decision:
    """The rights of a user at a client, before a request narrows them.

    ``scopes`` are those of both the user and the client. ``until`` is when they change without a
    change of the database, None for never.
    """

    scopes: tuple[str, ...]
    attributes: tuple[tuple[str, tuple[str, ...]], ...]
    collections: tuple[str, ...]
    groups: tuple[str, ...]
    accepted: tuple[str, ...]
    is_approved: bool
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ClientScopes:
    """The scopes that a client may have for its users (I-132)."""

    prefix: str
    named: frozenset[str] | None
    granted: Mapping[str, bool]
    is_approved: bool

    @classmethod
    def of(
        cls,
        client: Client,
        settings: ClientSettings,
        granted: Mapping[str, bool],
        *,
        is_approved: bool,
    ) -> ClientScopes:
        """``granted`` maps scopes of other applications to whether the client accepts them."""
        named = None if settings.user_scopes is None else frozenset(settings.user_scopes)
        return cls(f"{client.app_id}.", named, granted, is_approved)

    def removal(self, scope: str) -> Removal | None:
        """Return why the client cannot have the scope, None if it can."""
        if scope == _ALWAYS:
            return None
        if scope in USER_SCOPES:
            return None if self.named and scope in self.named else Removal.NOT_NAMED
        if scope in ADMINISTRATION_SCOPES:
            is_named = self.named is not None and scope in self.named
            return None if is_named and self.is_approved else Removal.NOT_APPROVED
        if scope.startswith(self.prefix):
            own = OWN_PREFIX + scope.removeprefix(self.prefix)
            return None if self.named is None or own in self.named else Removal.NOT_DEFINED
        if scope not in self.granted:
            return Removal.NOT_GRANTED
        return None if self.granted[scope] else Removal.NOT_ACCEPTED


@dataclass(frozen=True, slots=True)
class Facts:
    """What a decision depends on; ``now`` and ``max_snapshot_age`` limit what is current."""

    assigned: Assigned
    user: User
    client: Client
    settings: ClientSettings
    now: datetime
    max_snapshot_age: timedelta


def decide(facts: Facts, paths: list[Path] | None = None) -> Decision:
    """Return the user's rights; add every path to a scope to ``paths``, if it is given.

    Raises GrantRefused if the attributes have too many values (I-138).
    """
    assigned, user = facts.assigned, facts.user
    client = ClientScopes.of(
        facts.client, facts.settings, assigned.granted, is_approved=assigned.is_approved
    )
    snapshot = _current(facts)
    barred = _barred(user, facts.client)
    memberships = _Memberships(facts, snapshot)
    provider = provided(snapshot)
    scopes, own_values = set[str](), list[RoleValues]()
    for scope in sorted(USER_SCOPES):
        removal = client.removal(scope)
        if removal is None and not barred:
            scopes.add(scope)
        if paths is not None:
            paths.append(Path(scope, _present(*barred, removal)))
    for role in assigned.roles:
        values = role_values(role, provider)
        is_own = role.client_row_id == facts.client.row_id
        unfit = _unfit(values, is_own=is_own)
        is_effective = unfit is None and not barred and memberships.is_current(role)
        if is_effective and is_own:
            own_values.append(values)
        if paths is None and not is_effective:
            continue  # whatever its scopes are
        for scope, refused in _scopes_of(role, user):
            removal = refused or client.removal(scope)
            if removal is None and is_effective:
                scopes.add(scope)
            if paths is not None:
                # A scope that has no application yet can be granted to no client.
                at_client = None if refused in _UNRESOLVED else client.removal(scope)
                removals = _present(*barred, unfit, refused, at_client)
                paths.extend(memberships.paths(role, scope, removals, values.missing or ""))
    return Decision(
        scopes=tuple(sorted(scopes)),
        attributes=united(own_values),
        collections=() if barred else memberships.names(),
        groups=snapshot.groups if snapshot and not barred else (),
        accepted=tuple(sorted(each for each, accepted in assigned.granted.items() if accepted)),
        is_approved=assigned.is_approved,
        until=memberships.until,
    )


def _barred(user: User, client: Client) -> tuple[Removal, ...]:
    return _present(
        Removal.OTHER_ZONE if user.zone.row_id != client.zone.row_id else None,
        None if user.is_active else Removal.INACTIVE_USER,
        None if user.provider_is_active else Removal.INACTIVE_PROVIDER,
    )


def _present(*removals: Removal | None) -> tuple[Removal, ...]:
    return tuple([each for each in removals if each is not None])


def _current(facts: Facts) -> Snapshot | None:
    """Return the provider's snapshot unless it is too old (I-08)."""
    snapshot = facts.user.snapshot
    if snapshot is None or facts.now >= snapshot.taken_at + facts.max_snapshot_age:
        return None
    return snapshot


def _unfit(values: RoleValues, *, is_own: bool) -> Removal | None:
    if values.missing is not None:
        return Removal.NO_VALUE
    # The client's tokens do not contain the attributes of other applications (D-39): without
    # them, the scopes would be unrestricted.
    return Removal.RESTRICTED_ELSEWHERE if values.by_attribute and not is_own else None


def _scopes_of(role: HeldRole, user: User) -> Iterator[tuple[str, Removal | None]]:
    """Yield the scopes of the role's template (I-130); only the built-in one's has ``xs_*``."""
    is_built_in = role.app_id == f"xsuaa!t{user.zone.index}"
    for text in role.scopes:
        local = text.removeprefix(OWN_PREFIX)
        if local != text and LOCAL_SCOPE_PATTERN.fullmatch(local):
            yield f"{role.app_id}.{local}", None
        elif text in USER_SCOPES or (is_built_in and text in ADMINISTRATION_SCOPES):
            yield text, None
        else:
            yield text, Removal.NOT_IN_TEMPLATE
    for each in role.foreign_scopes:
        if each.app_id is None:
            yield each.name, Removal.PENDING
        else:
            granted = None if each.is_granted else Removal.NOT_GRANTED_TO_TEMPLATE
            yield f"{each.app_id}.{each.name}", granted


class _Memberships:
    """The user's role collections, with what ends each membership."""

    def __init__(self, facts: Facts, snapshot: Snapshot | None) -> None:
        self._by_collection: dict[int, list[tuple[Membership, Removal | None]]] = {}
        changes = set[datetime]()
        if snapshot is not None:
            changes.add(snapshot.taken_at + facts.max_snapshot_age)
        for each in facts.assigned.memberships:
            removal = None
            if each.mapping is not None:
                if not is_provided(facts.user.snapshot, each.mapping):
                    continue
                if snapshot is None:
                    removal = Removal.OLD_SNAPSHOT
            elif each.expires_at is not None:
                if each.expires_at <= facts.now:
                    removal = Removal.EXPIRED
                else:
                    changes.add(each.expires_at)
            self._by_collection.setdefault(each.collection_row_id, []).append((each, removal))
        self._current = {
            row_id: found[0][0].collection
            for row_id, found in self._by_collection.items()
            if any(removal is None for _, removal in found)
        }
        self.until = min(changes, default=None)

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._current.values()))

    def is_current(self, role: HeldRole) -> bool:
        return any(row_id in self._current for row_id in role.collection_row_ids)

    def paths(
        self, role: HeldRole, scope: str, removals: tuple[Removal, ...], detail: str
    ) -> Iterable[Path]:
        for row_id in role.collection_row_ids:
            for membership, ended in self._by_collection.get(row_id, ()):
                yield Path(
                    scope,
                    removals if ended is None else (ended, *removals),
                    membership.collection,
                    membership.mapping,
                    membership.expires_at,
                    role.name,
                    role.template,
                    role.app_id,
                    detail,
                )


def is_provided(snapshot: Snapshot | None, mapping: tuple[str, str]) -> bool:
    """Return whether the provider stated the value of the attribute in ``mapping`` (I-42)."""
    if snapshot is None:
        return False
    attribute, value = mapping
    if attribute in GROUP_ATTRIBUTES and value in snapshot.groups:
        return True
    return value in snapshot.attributes.get(attribute, ())
