"""The one function that decides the rights of users (D-39)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authorization.decision.assigned import Assigned
from broker.authorization.decision.decide import (
    ClientScopes,
    Decision,
    Facts,
    Path,
    Removal,
    decide,
)
from broker.authorization.decision.explanation import Explanation, explained
from broker.authorization.requested_scopes import requested_scopes, shown
from broker.authorization.rights import Rights
from broker.descriptor.model import SystemAttribute
from broker.errors import GrantRefused
from broker.runtime.byte_cache import ByteCache

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import timedelta

    from broker.authorization.decision.assigned import AssignedRoles
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
        """Return for each scope the paths that grant it, or what removed it.

        Without ``scopes``: for all that the user or the client has a path to. The decision is made
        by the same function as for a token, on data read now.
        """
        paths: list[Path] = []
        facts = self._facts(user, client, settings)
        decision = decide(facts, paths)
        possible = _client_scopes(client, settings, decision)
        unknown = [name for name in scopes if name not in {path.scope for path in paths}]
        paths += [
            Path(name, self._removal(client, possible, name) or Removal.NOT_HELD)
            for name in dict.fromkeys(unknown)
        ]
        rights = Rights(
            decision.scopes, dict(decision.attributes), _system_attributes(decision, settings)
        )
        return explained(rights, decision.collections, paths, scopes)

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
