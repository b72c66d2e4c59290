"""Hourly maintenance of certificates and of the usage history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select
from structlog.testing import capture_logs

from broker.audit.actor import system_actor
from broker.audit.event import DATABASE, Action, AuditEvent
from broker.audit.search import AuditFilter
from broker.composition.administration import Store
from broker.errors import Busy
from broker.pki.server_certificate import publish_pair
from broker.runtime import watched_files
from broker.server.maintenance import (
    CertificateMaintenance,
    DailyCount,
    HistoryMaintenance,
    InstanceCompletion,
    PutBackWatch,
    RetentionMaintenance,
    ServerCertificateMaintenance,
    UserDataMaintenance,
)
from broker.store.audit import audited
from broker.store.database import batches
from broker.store.reports.audit_trail import audit_events
from broker.store.tables.core import audit_event, service_binding
from broker.store.tables.usage import credential_daily_count
from broker.store.tables.user_grants import used_assertion
from tests.support.domain import FakeClock
from tests.support.pki import a_client, an_authority
from tests.unit.identity.users.test_unused import CUTOFF, a_zone, names, unused_user
from tests.unit.store.rollback.test_put_back import Counted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.domain import Domain


def test_expired_keys_are_purged_and_expiring_certificates_logged(domain: Domain) -> None:
    """D-06."""
    types = {"credential-types": ["x509", "binding-secret"]}
    domain.provision("i", {"xsappname": "app", "oauth2-configuration": types})
    domain.bind("i", "week")
    domain.bind("i", "month", {"x509": {"validity": 30}})
    domain.bind("i", "secret", {"credential-type": "binding-secret"})
    maintenance = CertificateMaintenance(
        Store(domain.engine, domain.keys), domain.clock, timedelta(days=3)
    )

    def logged() -> list[tuple[str, object]]:
        with capture_logs() as entries:
            maintenance()
        return [
            (entry["event"], entry.get("binding_id") or entry.get("count"))
            for entry in entries
            if entry.get("action") != "purge-private-keys"
        ]

    assert logged() == []
    domain.clock.advance(days=4)
    assert logged() == [("certificate expires soon", "week")]
    assert with_key(domain) == 2
    domain.clock.advance(days=3)
    assert logged() == [("private keys of expired certificates purged", 1)]
    assert with_key(domain) == 1
    assert logged() == []
    [event] = audit_events(domain.engine, AuditFilter(action="purge-private-keys"), 10)
    assert event.details == {"private_keys": 1}


def test_days_without_use_are_counted_and_old_days_deleted(domain: Domain) -> None:
    types = {"credential-types": ["binding-secret"]}
    domain.provision("i", {"xsappname": "app", "oauth2-configuration": types})
    domain.bind("i", "b")
    count = DailyCount(domain.engine, domain.clock)
    maintenance = HistoryMaintenance(domain.engine, domain.clock, timedelta(days=2))
    first = domain.clock.now().date()

    def counted() -> list[int]:
        """Return the counted days, relative to the first."""
        days = select(credential_daily_count.c.day).order_by(credential_daily_count.c.day)
        with domain.engine.connect() as connection:
            found = connection.execute(days).scalars().all()
        return [(day - first).days for day in found]

    for _ in range(3 * 24):
        count()
        maintenance()
        domain.clock.advance(hours=1)
    assert counted() == [0, 1, 2]
    count()
    with capture_logs() as entries:
        maintenance()
    assert [(entry["event"], entry["count"]) for entry in entries] == [
        ("old usage history deleted", 1)
    ]
    assert counted() == [1, 2, 3]


def test_a_day_without_credentials_is_counted_later(domain: Domain) -> None:
    count = DailyCount(domain.engine, domain.clock)
    count()
    domain.provision("i", {"xsappname": "app"})
    domain.bind("i", "b")
    count()
    with domain.engine.connect() as connection:
        numbers = connection.execute(select(credential_daily_count.c.credentials)).scalars().all()
    assert numbers == [1]


def with_key(domain: Domain) -> int:
    kept = select(service_binding.c.id).where(service_binding.c.private_key_until.is_not(None))
    with domain.engine.connect() as connection:
        return len(connection.execute(kept).all())


def test_a_server_certificate_that_expires_soon_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched_files, "_published", {})
    holder = a_client(an_authority())
    until = holder.certificate.not_valid_after_utc
    clock = FakeClock(until - timedelta(days=3, seconds=1))
    maintenance = ServerCertificateMaintenance(clock, timedelta(days=3), None)
    file = tmp_path / "pair.pem"
    file.write_text(holder.pem + holder.key_pem)
    with capture_logs() as logged:
        maintenance()
        publish_pair(file, file)
        maintenance()
        assert logged == []
        clock.time += timedelta(seconds=1)
        maintenance()
    assert [each["expires_at"] for each in logged] == [str(until)]


def test_a_generated_server_certificate_is_renewed_when_due() -> None:
    renewed = []
    ServerCertificateMaintenance(FakeClock(), timedelta(days=3), lambda: renewed.append(True))()
    assert renewed == [True]


def test_instances_are_completed_after_a_change_only(domain: Domain) -> None:
    """D-24: by any version, which advances the grants epoch of a zone."""
    calls: list[None] = []
    completion = InstanceCompletion(domain.engine, lambda: calls.append(None))
    completion()
    completion()
    assert len(calls) == 1
    domain.provision("i", {"xsappname": "app"})
    completion()
    completion()
    assert len(calls) == 2
    domain.update("i", {"xsappname": "app"})
    completion()
    assert len(calls) == 3


def test_a_failed_completion_is_repeated(on_sqlite: Domain) -> None:
    calls: list[None] = []

    def fail() -> None:
        calls.append(None)
        raise Busy("")

    completion = InstanceCompletion(on_sqlite.engine, fail)
    for _ in range(2):
        with pytest.raises(Busy):
            completion()
    assert len(calls) == 2


def test_expired_data_of_users_is_deleted_and_counted(on_sqlite: Domain) -> None:
    maintenance = UserDataMaintenance(on_sqlite.engine, on_sqlite.clock)
    with on_sqlite.engine.begin() as connection:
        values = {"assertion": "a", "expires_at": on_sqlite.clock.now()}
        connection.execute(insert(used_assertion).values(values))
    with capture_logs() as entries:
        maintenance()
        maintenance()
    [entry] = entries
    assert entry["event"] == "expired data of users deleted"
    assert entry["used_assertion"] == 1


def test_a_database_put_back_stops_the_server_and_a_failure_is_logged_once(tmp_path: Path) -> None:
    """D-62."""
    database = Counted(tmp_path)
    database.state.mkdir()
    database.set(5, 5)
    watch = PutBackWatch(database.engine)
    with capture_logs() as entries:
        for in_file in (5, 4):
            database.set(5, in_file)
            watch()
        assert (watch.problem, entries) == ("", [])
        moved = database.path.rename(tmp_path / "moved.db")
        watch()
        watch()
        assert [each["log_level"] for each in entries] == ["warning"]
        moved.rename(database.path)
        watch()
        assert watch.problem == ""
        database.set(3, 4)
        watch()
    assert "it has 3 revocations" in watch.problem
    database.set(4, 4)
    watch()
    assert "it has 3 revocations" in watch.problem  # caches may have what was put back
    assert len(entries) == 1
    database.engine.dispose()


@pytest.mark.parametrize("days", [0, 30])
def test_old_audit_events_are_deleted_once_a_day(
    domain: Domain, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "_BATCH", 2)
    now = datetime(2026, 6, 15, 12, tzinfo=UTC)
    clock = FakeClock(now)
    midnight = now.replace(hour=0) - timedelta(days=30)
    times = [midnight - timedelta(seconds=each) for each in range(-1, 4)]
    with domain.engine.begin() as connection:
        connection.execute(audit_event.delete())
    with audited(domain.engine) as (_, trail):
        for at in times:
            trail.append(AuditEvent(Action.LOG_IN, system_actor("test"), DATABASE, at))
    maintenance = RetentionMaintenance(
        Store(domain.engine, domain.keys), clock, audit_days=days, user_days=0
    )

    def kept() -> list[datetime]:
        return [each.at for each in audit_events(domain.engine, AuditFilter(action="log-in"), None)]

    def prunings() -> list[object]:
        found = audit_events(domain.engine, AuditFilter(action="prune-audit"), None)
        assert {each.actor.id for each in found} <= {"retention"}
        return [each.details["deleted"] for each in found]

    maintenance()
    assert kept() == (sorted(times)[-2:] if days else sorted(times))
    maintenance()
    clock.advance(hours=11)
    maintenance()
    assert prunings() == ([3] if days else [])
    clock.advance(hours=2)
    maintenance()
    assert prunings() == ([3, 2] if days else [])


def test_unused_users_are_deleted_only_if_the_operator_says_so(on_sqlite: Domain) -> None:
    unused_user(on_sqlite, a_zone(on_sqlite))
    clock = FakeClock(CUTOFF + timedelta(days=90, hours=1))
    for days, remaining in ((0, {"anna"}), (91, {"anna"}), (90, set())):
        store = Store(on_sqlite.engine, on_sqlite.keys)
        RetentionMaintenance(store, clock, audit_days=0, user_days=days)()
        assert names(on_sqlite) == remaining
