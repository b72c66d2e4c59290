"""The composition of everything without HTTP: commands, server start and background tasks."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from broker.audit.actor import system_actor
from broker.audit.event import DATABASE, Action, AuditEvent
from broker.authorization.collections.built_in import CompleteBuiltIn
from broker.authorization.declare import Declare
from broker.authorization.release_name import ReleaseName
from broker.clock import SystemClock
from broker.errors import ConfigurationError
from broker.identity.tenant import Tenancy
from broker.identity.zone import ZoneDirectory, ZoneRule
from broker.lifecycle.complete import Complete, Completed
from broker.lifecycle.deprovision import Deprovision
from broker.lifecycle.guard import UsageGuard
from broker.lifecycle.inspect import Inspect
from broker.lifecycle.overview.change import ChangeCredentials
from broker.lifecycle.overview.read import ReadOverviews
from broker.lifecycle.rotate import Rotate
from broker.lifecycle.unbind import Unbind
from broker.lifecycle.update import Update
from broker.lifecycle.zones.complete import CompleteTenants
from broker.lifecycle.zones.ensure import EnsureZone
from broker.lifecycle.zones.split import SplitZone
from broker.logs.structured import configure_logging
from broker.recovery.restore import Restore
from broker.recovery.restore_collections import RestoreCollections
from broker.recovery.restore_users import RestoreUsers
from broker.redirects.policy import RedirectPolicy
from broker.runtime.waiting import no_step
from broker.settings.installation import record, recorded
from broker.settings.master_keys import parse_master_keys
from broker.settings.model import DEFAULT_PLATFORM
from broker.store.audit import audited
from broker.store.bootstrap import create_missing_keys
from broker.store.database.engine import DatabaseClock, empty_write_ahead_log, open_engine
from broker.store.database.faults import translating
from broker.store.database.schema_revision import require_current
from broker.store.restore_lock import require_unlocked
from broker.store.rollback.put_back import count_revocations
from broker.store.sealing.data_keys import DataKeys
from broker.store.tokens.signing_keys import StoredSigningKeys
from broker.store.transactions import StoreTransactions
from broker.tokens.key_changes import KeyChanges
from broker.tokens.rotation import KeyRotation, RotationPolicy
from broker.tokens.signing import new_signing_key

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.settings.model import Settings

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Store:
    """The database and the data keys of its sealed values."""

    engine: Engine
    keys: DataKeys


def open_store(settings: Settings, *, for_requests: bool = False) -> Store:
    """Return the store that the settings name, without connecting to it.

    ``for_requests`` sets the statement timeout, and refuses connections to a restored database.
    """
    engine = open_engine(
        settings.database_url.get_secret_value(),
        connections=settings.threads,
        lock_timeout=settings.lock_timeout,
        statement_timeout=settings.statement_timeout if for_requests else 0,
    )
    count_revocations(engine, settings.state_dir, settings.lock_timeout, for_requests=for_requests)
    return Store(
        engine,
        DataKeys(
            engine,
            parse_master_keys(settings.master_keys.get_secret_value()),
            settings.key_reload_interval,
        ),
    )


def prepare_store(settings: Settings) -> None:
    """Check the schema and create missing keys; raise ConfigurationError if a server cannot run."""
    configure_logging(settings.log_level, as_json=settings.logs_json)
    store = open_store(settings)
    try:
        with translating():
            require_current(store.engine)
            now = SystemClock().now()
            require_unlocked(store.engine, adopts_count=settings.mode == "dev")
            create_missing_keys(store.engine, store.keys, new_signing_key, now)
            if note := store.keys.binding.note:
                _log.warning(note)
            complete_instances(settings, store, system_actor("start"))
    finally:
        store.engine.dispose()


def leave_store(settings: Settings) -> None:
    """Complete a SQLite file after the server has stopped, so that it can be copied alone."""
    engine = open_store(settings).engine
    empty_write_ahead_log(engine)
    engine.dispose()


def upgrade_store(
    settings: Settings, actor: Actor, step: Callable[[str], None] = no_step
) -> tuple[str | None, str]:
    """Upgrade the database to this version; return the schema revision before and after.

    ``step`` receives a text about each part of the work.
    """
    # Loads Alembic, which is needed only here.
    from broker.store.database import schema  # noqa: PLC0415

    store = _open_quietly(settings)
    with translating():
        before, after = schema.upgrade(store.engine, step)
        if before != after:
            details = {"before": before, "after": after}
            now = SystemClock().now()
            with audited(store.engine) as (_, trail):
                trail.append(AuditEvent(Action.UPGRADE_DATABASE, actor, DATABASE, now, details))
        step("Completing service instances")
        complete_instances(settings, store, actor)
    if recorded(settings.state_dir) is None:
        with suppress(ConfigurationError, OSError):  # of a directory that cannot be written
            record(settings)
    return before, after


def complete_instances(settings: Settings, store: Store, actor: Actor) -> None:
    """Complete what an older version stored; logs the numbers."""
    transactions = StoreTransactions(store.engine, store.keys)
    # First: its names are then taken for declared role collections.
    if created := CompleteBuiltIn(transactions, SystemClock())(actor):
        _log.info("built-in applications created", zones=created)
    complete = Complete(
        transactions,
        declare_service(settings),
        SystemClock(),
        approves_apiaccess=settings.approves_apiaccess,
    )
    completed = complete(actor)
    tenants = CompleteTenants(transactions, zone_directory(settings), SystemClock())
    placed, dissolved = tenants(actor)
    if placed or dissolved:
        # Each dissolved pin is an audit event, too.
        _log.info("tenants of service instances stored", instances=placed, dissolved_pins=dissolved)
    if completed != Completed():
        _log.info(
            "service instances of an older version upgraded",
            declarations=completed.declarations,
            grant_types=completed.grant_types,
            user_grants=completed.user_grants,
            approvals=completed.approvals,
            restricted=completed.restricted,
            settings=completed.settings,
        )


def open_command_store(settings: Settings) -> Store:
    """Return the store for a command; logs go to stderr, because stdout is the command's output.

    Raises ConfigurationError if the schema is not current.
    """
    store = _open_quietly(settings)
    with translating():
        require_current(store.engine)
    return store


def _open_quietly(settings: Settings) -> Store:
    level = settings.log_level
    if level == "info" and not settings.logs_json:
        # In a text for people, events only repeat what the command says.
        level = "warning"
    configure_logging(level, as_json=settings.logs_json, stream="stderr")
    return open_store(settings)


@dataclass(frozen=True, slots=True)
class Administration:
    """The services behind the operator's commands on service instances."""

    inspect: Inspect
    update: Update
    deprovision: Deprovision
    release_name: ReleaseName
    split_zone: SplitZone
    ensure_zone: EnsureZone
    restore: Restore


def open_administration(settings: Settings) -> Administration:
    """Return the operator's services; raise ConfigurationError if the schema is not current."""
    store = open_command_store(settings)
    with translating():
        store.keys.load()
    transactions, clock = StoreTransactions(store.engine, store.keys), SystemClock()
    deprovision = Deprovision(transactions, clock, declare_service(settings))
    return Administration(
        Inspect(transactions),
        update_service(settings, transactions),
        deprovision,
        ReleaseName(transactions, clock),
        SplitZone(transactions, zone_directory(settings), clock),
        EnsureZone(transactions, zone_directory(settings), clock),
        Restore(
            transactions,
            clock,
            Unbind(transactions, clock),
            deprovision,
            RestoreUsers(transactions, clock),
            RestoreCollections(transactions),
        ),
    )


def key_rotation(settings: Settings, engine: Engine, keys: DataKeys) -> KeyRotation:
    """Return the service that rotates the signing keys."""
    policy = RotationPolicy(
        period=timedelta(seconds=settings.key_period) if settings.key_period else None,
        lead=timedelta(seconds=settings.key_lead),
        retirement=timedelta(seconds=settings.key_retirement),
    )
    changes = KeyChanges(StoreTransactions(engine, keys), StoredSigningKeys(engine, keys))
    return KeyRotation(changes, policy, new_signing_key)


def zone_directory(settings: Settings) -> ZoneDirectory:
    """Return the directory that determines the zones of requests (D-53)."""
    # Requests of the default platform identify their tenants unless it is the only platform.
    default = Tenancy(single_tenant=not settings.platforms, gives_guids=True)
    additional = {
        platform.name: Tenancy(platform.zone_member, platform.single_tenant)
        for platform in settings.platforms
    }
    return ZoneDirectory(
        [ZoneRule(**rule.model_dump()) for rule in settings.zones],
        {DEFAULT_PLATFORM: default, **additional},
    )


def declare_service(settings: Settings) -> Declare:
    """Return the service that resolves a descriptor's declarations for the store."""
    return Declare(
        zone_directory(settings),
        redirect_policy(settings),
        SystemClock(),
    )


def redirect_policy(settings: Settings) -> RedirectPolicy:
    """Return the operator's restrictions of registered URIs."""
    return RedirectPolicy(settings.shared_domains, settings.localhost_redirects)


def overview_service(settings: Settings, store: Store, clock: Clock | None = None) -> ReadOverviews:
    """Return the service that reads instances with their credentials.

    ``clock``: the store's by default, which takes a statement.
    """
    return ReadOverviews(
        StoreTransactions(store.engine, store.keys),
        clock or DatabaseClock(store.engine),
        UsageGuard(timedelta(days=settings.removal_guard_days)),
        timedelta(days=settings.instance_secret_relist_days),
    )


def credential_changes(store: Store, clock: Clock | None = None) -> ChangeCredentials:
    """Return the service that rotates and revokes credentials of instances; ``clock`` as above."""
    transactions = StoreTransactions(store.engine, store.keys)
    clock = clock or DatabaseClock(store.engine)
    return ChangeCredentials(transactions, clock, Rotate(transactions, clock))


def update_service(settings: Settings, transactions: StoreTransactions) -> Update:
    """Return the service that updates service instances."""
    relist_within = timedelta(days=settings.instance_secret_relist_days)
    guard = UsageGuard(timedelta(days=settings.removal_guard_days))
    return Update(transactions, SystemClock(), declare_service(settings), relist_within, guard)
