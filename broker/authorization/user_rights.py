"""The one function that decides the rights of users (D-39)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from broker.authorization.decision.assigned import Assigned
from broker.authorization.decision.decide import ClientScopes, Decision, Facts, decide
from broker.authorization.decision.explanation import Explanation, explained
from broker.authorization.decision.path import Path, Removal
from broker.authorization.grant_types import has_user_grants
from broker.authorization.requested_scopes import requested_scopes, shown
from broker.authorization.rights import Rights
from broker.authorization.user_scopes import OWN_PREFIX
from broker.descriptor.model import SystemAttribute
from broker.errors import GrantRefused
from broker.runtime.byte_cache import ByteCache

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
    from datetime import timedelta

    from broker.authorization.decision.assigned import AssignedRoles, HeldRole, Membership
    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.identity.user import User

_MAX_CACHED_BYTES = 16 * 1024**2
_MAX_SHOWN = 10


class DecidedRights:
    """Decides rights, and caches decisions until an epoch changes or an assignment expires."""

    def __init__(self, roles: AssignedRoles, clock: Clock, max_snapshot_age: timedelta) -> None:
        """``max_snapshot_age``: how long a provider's groups and attributes are used (I-08)."""
        self._roles = roles
        self._clock = clock
        self._max_snapshot_age = max_snapshot_age
        self._cached = ByteCache[Decision](_MAX_CACHED_BYTES)

    def of(
        self,
        user: User,
        client: Client,
        settings: ClientSettings,
        requested: str = "",
        limit: Collection[str] | None = None,
    ) -> Rights:
        """Return the user's rights at the client (I-134).

        ``requested`` is the parameter ``scope``; ``limit`` restricts the result to the scopes of a
        refresh token. Raises GrantRefused: ``invalid_scope`` for a scope that the client cannot
        have or if the user has no requested one (O-47), ``invalid_token`` if no scope is left
        (O-48), ``invalid_request`` for too many attribute values (I-138).
        """
        names = requested_scopes(requested)
        decision = self._decision(user, client, settings)
        scopes: Iterable[str] = decision.scopes
        if names:
            self._require_possible(client, settings, decision, names)
            scopes = set(names).intersection(scopes)
            if not scopes:
                listed = " ".join(shown(name) for name in names[:_MAX_SHOWN])
                raise GrantRefused(
                    "invalid_scope",
                    f"[{listed}] is invalid. This user is not allowed any of the requested scopes",
                )
        if limit is not None:
            scopes = set(scopes).intersection(limit)
        if not scopes:
            raise GrantRefused("invalid_token", "No scopes were granted", is_unauthorized=True)
        return Rights(
            tuple(sorted(scopes)), dict(decision.attributes), _system_attributes(decision, settings)
        )

    def explain(
        self, user: User, client: Client, settings: ClientSettings, scopes: Sequence[str] = ()
    ) -> Explanation:
        """Return for each scope the paths that grant it, or all that removed it.

        Without ``scopes``: for all that the user or the client has a path to, and those that the
        client's application defines. With them, also the paths of role collections that contain
        them and that the user does not have. The decision is made by the same function as for a
        token, on data read now; a user whom no grant admits has no rights.
        """
        paths: list[Path] = []
        facts, possible = self._facts_and_candidates(user, client, settings, scopes)
        decision = decide(facts, paths)
        at_client = _client_scopes(client, settings, decision)
        wanted = scopes or _own_scopes(client, settings)
        unknown = set(wanted).difference(path.scope for path in paths)
        for name in filter(unknown.__contains__, dict.fromkeys(wanted)):
            removal = self._removal(client, at_client, name)
            paths.append(Path(name, (*([removal] if removal else []), Removal.NOT_HELD)))
        refused = refusals(user, client, settings)
        rights = Rights(
            decision.scopes, dict(decision.attributes), _system_attributes(decision, settings)
        )
        return explained(
            Rights(()) if refused else rights,
            decision.collections,
            [path.without(*refused) for path in paths],
            scopes,
            [path.without(*refused) for path in possible],
        )

    def containing(self, client: Client, scope: str) -> Assigned:
        """Return the role collections that contain the scope, read now; one statement."""
        return self._roles.containing(client, scope)

    def removals(
        self,
        given: Assigned,
        members: Sequence[tuple[User, Membership]],
        client: Client,
        settings: ClientSettings,
        scope: str,
    ) -> Sequence[tuple[Removal, ...]]:
        """Return what removes the scope that each user would have by the membership alone.

        Nothing: tokens contain it. ``given`` is what the collections of the memberships give.
        """
        now = self._clock.now()
        roles: dict[int, list[HeldRole]] = {}
        for role in given.roles:
            for row_id in role.collection_row_ids:
                roles.setdefault(row_id, []).append(role)
        # Most users differ in nothing that the decision depends on.
        found: dict[Hashable, tuple[Removal, ...]] = {}

        def of_one(user: User, member: Membership) -> tuple[Removal, ...]:
            alone = tuple(roles.get(member.collection_row_id, ()))
            assigned = replace(given, memberships=(member,), roles=alone)
            facts = Facts(assigned, user, client, settings, now, self._max_snapshot_age)
            paths: list[Path] = []
            decide(facts, paths)
            reasons = [each.removals for each in paths if each.scope == scope]
            by_path = min(reasons, key=len, default=(Removal.NOT_HELD,))
            return (*refusals(user, client, settings), *by_path)

        def once(user: User, member: Membership) -> tuple[Removal, ...]:
            if user.snapshot is not None:
                return of_one(user, member)
            key = member, user.origin, user.is_active, user.provider_is_active
            if key not in found:
                found[key] = of_one(user, member)
            return found[key]

        return [once(user, member) for user, member in members]

    def _decision(self, user: User, client: Client, settings: ClientSettings) -> Decision:
        snapshot = user.snapshot
        key = client.row_id, user.row_id
        # The epochs come from the look-ups that authenticated client and user: what was withdrawn
        # before the request has no effect (I-143).
        version = (
            client.epoch,
            client.zone.row_id,
            client.zone.grants_epoch,
            user.zone.grants_epoch,
            user.zone_roles_epoch,
            user.roles_epoch,
            user.is_active and user.provider_is_active,
            snapshot and snapshot.taken_at,
            settings.user_scopes,
        )
        cached = self._cached.get(key, version)
        if cached is not None and (cached.until is None or self._clock.now() < cached.until):
            return cached
        facts = self._facts(user, client, settings)
        decision = decide(facts)
        if _depends_on_other_zones(facts.assigned):
            # An older version beside this one advances no epoch of the user's zone when an
            # application of another zone withdraws a grant.
            return decision
        return self._cached.put(
            key,
            version,
            decision,
            decision.scopes,
            decision.attributes,
            decision.collections,
            decision.groups,
            decision.accepted,
        )

    def _facts(self, user: User, client: Client, settings: ClientSettings) -> Facts:
        # The time before the look-up: it must not see more as current than the look-up.
        now = self._clock.now()
        is_in_zone = user.zone.row_id == client.zone.row_id
        assigned = self._roles.of(user, client) if is_in_zone else Assigned()
        return Facts(assigned, user, client, settings, now, self._max_snapshot_age)

    def _facts_and_candidates(
        self, user: User, client: Client, settings: ClientSettings, scopes: Sequence[str]
    ) -> tuple[Facts, list[Path]]:
        """Return the facts, and the paths of role collections that the user does not have."""
        if not scopes or user.zone.row_id != client.zone.row_id:
            return self._facts(user, client, settings), []
        now = self._clock.now()
        assigned, possible = self._roles.with_candidates(user, client, scopes)
        held = {each.collection_row_id for each in assigned.memberships}
        others = tuple(each for each in possible.memberships if each.collection_row_id not in held)
        facts = Facts(assigned, user, client, settings, now, self._max_snapshot_age)
        paths: list[Path] = []
        # What all of them give together can be too much for a token; the paths are complete.
        with suppress(GrantRefused):
            decide(replace(facts, assigned=replace(possible, memberships=others)), paths)
        return facts, [path for path in paths if path.role]

    def _require_possible(
        self,
        client: Client,
        settings: ClientSettings,
        decision: Decision,
        names: Sequence[str],
    ) -> None:
        possible = _client_scopes(client, settings, decision)
        # Scopes of applications of which the user has no role are looked up only if requested.
        foreign = [name for name in names if possible.removal(name) is Removal.NOT_GRANTED]
        accepted = self._roles.accepted(client, foreign) if foreign else ()
        for name in names:
            if name not in accepted and possible.removal(name) is not None:
                raise GrantRefused("invalid_scope", f"Invalid scope: {shown(name)}")

    def _removal(self, client: Client, possible: ClientScopes, name: str) -> Removal | None:
        removal = possible.removal(name)
        if removal is Removal.NOT_GRANTED and name in self._roles.accepted(client, [name]):
            return None
        return removal


def _depends_on_other_zones(assigned: Assigned) -> bool:
    """Return whether applications of other zones decide about a scope of the roles."""
    return any(each.is_of_other_zone for role in assigned.roles for each in role.foreign_scopes)


def refusals(user: User, client: Client, settings: ClientSettings) -> tuple[Removal, ...]:
    """Return why no grant of the client admits the user, whatever the scopes are (I-48, D-60)."""
    found = []
    if not has_user_grants(client.grant_types):
        found.append(Removal.NO_USER_GRANT)
    if not settings.allows_provider(user.origin):
        found.append(Removal.PROVIDER_NOT_ALLOWED)
    return tuple(found)


def _own_scopes(client: Client, settings: ClientSettings) -> list[str]:
    own = [each for each in settings.user_scopes or () if each.startswith(OWN_PREFIX)]
    return [f"{client.app_id}.{each.removeprefix(OWN_PREFIX)}" for each in own]


def _client_scopes(client: Client, settings: ClientSettings, decision: Decision) -> ClientScopes:
    granted = dict.fromkeys(decision.accepted, True)
    return ClientScopes.of(client, settings, granted, is_approved=decision.is_approved)


def _system_attributes(decision: Decision, settings: ClientSettings) -> Mapping[str, Sequence[str]]:
    """Return the system attributes that the client's descriptor selects (I-139)."""
    found: dict[str, Sequence[str]] = {}
    if SystemAttribute.ROLE_COLLECTIONS in settings.system_attributes:
        found["xs.rolecollections"] = decision.collections
    if SystemAttribute.GROUPS in settings.system_attributes and decision.groups:
        found["xs.saml.groups"] = decision.groups
    return found
