"""Users of providers without a logon are deleted, if their next logon creates them again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, select, update

from broker.audit.actor import system_actor
from broker.audit.revoking import revokes
from broker.audit.search import AuditFilter
from broker.identity.providers.provider import OIDC, Provider
from broker.identity.users import unused
from broker.identity.users.unused import DeleteUnusedUsers
from broker.ids import new_row_id
from broker.store.identity.unused_users import UnusedUserTable
from broker.store.reports.audit_trail import audit_events
from broker.store.tables.assignments import role_assignment
from broker.store.tables.declared import role_collection
from broker.store.tables.identity import identity_provider, shadow_user
from broker.store.tables.user_grants import refresh_family, user_session
from tests.support.user_rows import DESCRIPTOR, fill
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

CUTOFF = datetime(2026, 1, 1, tzinfo=UTC)
LONG_AGO = CUTOFF - timedelta(seconds=1)
ACTOR = system_actor("retention")


def a_zone(domain: Domain, **configuration: object) -> Zone:
    """Return a zone with the provider ``corp``."""
    zone = domain.provision("i", DESCRIPTOR).instance.client.zone
    provider = Provider(new_row_id(), zone, "corp", OIDC, "corp", NOW, NOW)
    members = {"issuer": "https://corp.example.org", "relyingPartyId": "broker", **configuration}
    provider = replace(provider, configuration=members)
    domain.transactions.run(lambda store: store.providers.add(provider, None))
    return zone


def unused_user(domain: Domain, zone: Zone, name: str = "anna", **changes: Any) -> User:
    """Store a user of the provider who logged on before the cutoff."""
    members: dict[str, Any] = {"origin": "corp", "external_id": name, "last_logon_at": LONG_AGO}
    return stored_user(domain, zone, name, **(members | changes))


def names(domain: Domain) -> set[str]:
    """Return the names of all users."""
    with domain.engine.connect() as connection:
        return set(connection.execute(select(shadow_user.c.name)).scalars())


def deleted(domain: Domain) -> int:
    return DeleteUnusedUsers(domain.transactions)(ACTOR, CUTOFF)


@dataclass
class Counted:
    """Transactions of a domain, with their results."""

    domain: Domain
    results: list[Any] = field(default_factory=list)

    def run(self, work: Callable[[Any], Any]) -> Any:
        self.results.append(self.domain.transactions.run(work))
        return self.results[-1]

    def read(self, work: Callable[[Any], Any]) -> Any:
        return self.domain.transactions.read(work)


def test_an_unused_user_is_deleted_and_audited(domain: Domain) -> None:
    zone = a_zone(domain)
    gone = unused_user(domain, zone)
    unused_user(domain, zone, "recent", last_logon_at=CUTOFF)
    assert deleted(domain) == 1
    assert names(domain) == {"recent"}
    [event] = audit_events(domain.engine, AuditFilter(action="delete-user"), 10)
    assert (event.subject.id, event.actor.id) == (gone.user_id, ACTOR.id)
    assert event.details == {
        "name": "anna",
        "origin": "corp",
        "last_logon": LONG_AGO.isoformat(),
    }
    assert revokes(event)
    assert deleted(domain) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"is_active": False},
        {"external_id": None},
        {"last_logon_at": None},
        {"origin": "sap.default"},
        {"origin": "unknown"},
    ],
    ids=["deactivated", "created beforehand", "never logged on", "local", "no provider"],
)
def test_a_user_whom_a_logon_would_not_restore_is_kept(
    on_sqlite: Domain, changes: dict[str, Any]
) -> None:
    unused_user(on_sqlite, a_zone(on_sqlite), **changes)
    assert deleted(on_sqlite) == 0


@pytest.mark.parametrize("configuration", ['{"addShadowUserOnLogin":false}', "{", "[]"])
def test_users_of_a_provider_that_creates_none_are_kept(
    on_sqlite: Domain, configuration: str
) -> None:
    unused_user(on_sqlite, a_zone(on_sqlite))
    with on_sqlite.engine.begin() as connection:
        connection.execute(update(identity_provider).values(configuration=configuration))
    assert deleted(on_sqlite) == 0


@pytest.mark.parametrize("kept_by", [role_assignment, refresh_family, user_session])
def test_a_user_with_an_assignment_or_a_valid_logon_is_kept(domain: Domain, kept_by: Any) -> None:
    user = unused_user(domain, a_zone(domain))
    fill(domain, user)
    with domain.engine.begin() as connection:
        later = datetime.now(UTC) + timedelta(days=1)
        for table in (refresh_family, user_session):
            connection.execute(update(table).values(expires_at=later))
        for table in {role_assignment, refresh_family, user_session} - {kept_by}:
            connection.execute(table.delete())
    assert deleted(domain) == 0
    with domain.engine.begin() as connection:
        if kept_by is role_assignment:
            connection.execute(kept_by.delete())
        else:
            connection.execute(update(kept_by).values(expires_at=LONG_AGO))
    assert deleted(domain) == 1


def test_users_are_deleted_in_several_transactions(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unused, "BATCH", 2)
    zone = a_zone(domain)
    for number in range(5):
        unused_user(domain, zone, f"user-{number}")
    counted = Counted(domain)
    assert DeleteUnusedUsers(counted)(ACTOR, CUTOFF) == 5
    assert counted.results == [2, 2, 1]
    assert names(domain) == set()


def test_an_assignment_committed_before_the_lock_keeps_the_user(domain: Domain) -> None:
    """The first statement sees the rows as of its begin, the lock comes later."""
    user = unused_user(domain, a_zone(domain))
    assign(domain, user)
    with domain.engine.connect() as connection:

        class Stale:
            statements = 0

            def execute(self, statement: Any) -> Any:
                Stale.statements += 1
                if Stale.statements == 1:
                    return connection.execute(select(shadow_user.c.id))
                return connection.execute(statement)

        table = UnusedUserTable(Stale())  # type: ignore[arg-type]
        origin = (user.zone.row_id, user.origin)
        assert table.some(origin, CUTOFF, datetime.now(UTC), 10) == []
        assert Stale.statements == 2


def assign(domain: Domain, user: User) -> None:
    with domain.engine.begin() as connection:
        collection = connection.execute(select(role_collection.c.id)).scalars().first()
        connection.execute(
            insert(role_assignment).values(
                id=new_row_id(),
                user_row_id=user.row_id,
                role_collection_row_id=collection,
                created_by="test",
                created_at=NOW,
            )
        )
