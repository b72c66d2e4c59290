"""How far an instance is on the way from its instance secret to credentials per binding.

The states are those of the documented migration: list another type first, create other keys,
rebind applications, replace keys, check that the secret is unused, de-list it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from broker.credentials.registry import is_shared
from broker.identity.zone import Zone

if TYPE_CHECKING:
    from broker.clock import Clock
    from broker.lifecycle.overview.model import Overview
    from broker.transactions import Transactions

UNUSED_FOR = timedelta(days=30)
"""How long an instance secret must be unused before it may be de-listed."""

MAX_CERTIFICATES = 20
MAX_AGE = timedelta(days=90)
"""Of the daily numbers of credentials."""
RECENTLY = timedelta(days=7)
"""How long expired certificates are listed."""


class MigrationState(StrEnum):
    """The last step that an instance has completed."""

    SHARED = "M0"
    """New bindings get the instance secret."""
    LISTED = "M1"
    """Another type is the default."""
    STARTED = "M2"
    """A binding has a credential of its own."""
    APPS = "M3"
    """No application is bound with the instance secret."""
    KEYS = "M4"
    """No service key has the instance secret."""
    UNUSED = "M5"
    """The instance secret was not used for some time."""
    DELISTED = "M6"
    """The instance secret is not accepted any more."""
    DELETED = "M7"
    """The instance and its bindings are deleted; no existing instance has this state."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the state follows from.

    ``apps`` and ``keys`` are bindings with the instance secret, ``own`` those with another type.
    ``secret_used_at``: the last use of the secret or its predecessor, also by copies.
    """

    types: Sequence[str]
    apps: int
    keys: int
    own: int
    has_secret: bool
    secret_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Migration:
    """The state of an instance; ``is_counted``: whether uses were counted for long enough."""

    facts: Facts
    state: MigrationState
    is_counted: bool

    @property
    def completed(self) -> Sequence[MigrationState]:
        """The states up to the current one."""
        states = list(MigrationState)
        return states[: states.index(self.state) + 1]


@dataclass(frozen=True, slots=True)
class MigratingInstance:
    """An instance of a zone with its migration."""

    instance_id: str
    name: str | None
    app_id: str
    migration: Migration


@dataclass(frozen=True, slots=True)
class StoredFacts:
    """An instance of a zone with its facts."""

    instance_id: str
    name: str | None
    app_id: str
    facts: Facts
    counted_since: datetime


@dataclass(frozen=True, slots=True)
class DailyCount:
    """How many credentials of a type a zone had on a day (UTC)."""

    day: date
    type: str
    credentials: int


@dataclass(frozen=True, slots=True)
class EndingCertificate:
    """A binding's certificate."""

    instance_id: str
    app_id: str
    binding_id: str
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ZoneReadiness:
    """The instances of a zone, the counts of credentials by day, and certificates that end soon."""

    zone: Zone
    at: datetime
    instances: Sequence[MigratingInstance]
    counts: Sequence[DailyCount]
    certificates: Sequence[EndingCertificate]


def migration_of(facts: Facts, counted_since: datetime, now: datetime) -> Migration:
    """Return the state that the facts have reached."""
    is_counted = counted_since <= now - UNUSED_FOR
    return Migration(facts, _state(facts, now, is_counted=is_counted), is_counted)


def _state(facts: Facts, now: datetime, *, is_counted: bool) -> MigrationState:
    if not any(map(is_shared, facts.types)):
        return MigrationState.DELISTED
    used_at = facts.secret_used_at
    is_unused = is_counted and (used_at is None or used_at < now - UNUSED_FOR)
    reached = MigrationState.SHARED
    for state, condition in (
        (MigrationState.LISTED, not is_shared(facts.types[0])),
        (MigrationState.STARTED, facts.own > 0 or not facts.apps + facts.keys),
        (MigrationState.APPS, not facts.apps),
        (MigrationState.KEYS, not facts.keys),
        (MigrationState.UNUSED, is_unused or not facts.has_secret),
    ):
        if not condition:
            break
        reached = state
    return reached


def migration_of_overview(found: Overview) -> Migration:
    """Return the state of an instance with its credentials."""
    secret, counts = found.held.secret, found.held.types
    shared = [each for each in counts if is_shared(each.type)]
    apps = sum(each.apps for each in shared)
    facts = Facts(
        found.listed,
        apps,
        sum(each.bindings for each in shared) - apps,
        sum(each.bindings for each in counts if not is_shared(each.type)),
        secret is not None,
        secret.used_at if secret else None,
    )
    return migration_of(facts, found.held.counted_since, found.at)


class Migrations(Protocol):
    """Reads what the readiness of a zone follows from, one statement each."""

    def facts(self, zone: Zone) -> Sequence[StoredFacts]:
        """Return the instances by application id."""

    def counts(self, zone: Zone, since: date) -> Sequence[DailyCount]:
        """Return the numbers of credentials by day, oldest first."""

    def ending(self, zone: Zone, after: datetime, limit: int) -> Sequence[EndingCertificate]:
        """Return the bindings' certificates that end next after that time."""


class WithMigrations(Protocol):
    """The store of readiness."""

    @property
    def migrations(self) -> Migrations:
        """The repository of migrations."""


@dataclass(frozen=True, slots=True)
class ReadMigration:
    """Reads how far the instances of a zone are, in three statements."""

    transactions: Transactions[WithMigrations]
    clock: Clock

    def zone(self, zone: Zone) -> ZoneReadiness:
        """Return the readiness of the zone."""
        now = self.clock.now()

        def read(store: WithMigrations) -> ZoneReadiness:
            return ZoneReadiness(
                zone,
                now,
                [
                    MigratingInstance(
                        each.instance_id,
                        each.name,
                        each.app_id,
                        migration_of(each.facts, each.counted_since, now),
                    )
                    for each in store.migrations.facts(zone)
                ],
                store.migrations.counts(zone, now.date() - MAX_AGE),
                store.migrations.ending(zone, now - RECENTLY, MAX_CERTIFICATES),
            )

        return self.transactions.read(read)
