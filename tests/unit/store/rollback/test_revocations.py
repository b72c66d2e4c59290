"""Each transaction that revokes something is counted, in the database and then in the file."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

import broker
from broker.errors import StoreUnavailable
from broker.store.audit import audited
from broker.store.credentials.certificates import StoredCertificates
from broker.store.rollback.counts import Counts, revocation_file
from broker.store.rollback.put_back import count_revocations
from broker.store.rollback.revocation_file import REVOCATIONS_FILE
from broker.store.tables.usage import installation
from tests.support.user_rows import DESCRIPTOR, fill
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.store.repositories import Repositories
    from tests.support.domain import Domain

STORE = Path(broker.__file__).parent / "store"

WITHOUT_REVOCATIONS = {
    "expired rows": {"logon/purge.py", "database/batches.py"},
    "counts of uses": {"credentials/usage.py", "credentials/usage_history.py"},
    "the same values and keys under another key": {
        "sealing/key_maintenance.py",
        "sealing/reseal.py",
    },
    "the count itself": {"rollback/put_back.py"},
    "the schema": {"database/schema_lock.py"},
}
"""Modules that commit without counting, by what they write; paths below the store."""


@pytest.fixture
def counted(on_sqlite: Domain, tmp_path: Path) -> Domain:
    """A database whose revocations are counted; the count is 5."""
    count_revocations(on_sqlite.engine, tmp_path, 5)
    set_counts(on_sqlite, 5, 5)
    return on_sqlite


def set_counts(domain: Domain, in_database: int | None, in_file: int | None) -> None:
    with domain.engine.begin() as connection:
        connection.execute(update(installation).values(revocations=in_database))
    file = revocation_file(domain.engine)
    assert file is not None
    (file._directory / REVOCATIONS_FILE).unlink(missing_ok=True)
    if in_file is not None:
        file.raise_to(in_file)


def counts(domain: Domain) -> Counts:
    file = revocation_file(domain.engine)
    assert file is not None
    with domain.engine.connect() as connection:
        return Counts(
            connection.execute(select(installation.c.revocations)).scalar_one(), file.read()
        )


def revoke(repositories: Repositories) -> None:
    repositories.revocations.count()


def test_an_unbind_counts_and_a_bind_does_not(counted: Domain) -> None:
    counted.provision("i")
    counted.bind("i", "b")
    assert counts(counted) == Counts(5, 5)
    counted.unbind("i", "b")
    assert counts(counted) == Counts(6, 6)


def test_a_transaction_counts_once_and_one_that_fails_does_not(counted: Domain) -> None:
    def work(repositories: Repositories, *, fails: bool, rehearses: bool) -> None:
        revoke(repositories)
        revoke(repositories)
        if rehearses:
            repositories.rehearse()
        if fails:
            raise KeyError

    counted.transactions.run(lambda each: work(each, fails=False, rehearses=False))
    assert counts(counted) == Counts(6, 6)
    counted.transactions.run(lambda each: work(each, fails=False, rehearses=True))
    with pytest.raises(KeyError):
        counted.transactions.run(lambda each: work(each, fails=True, rehearses=False))
    assert counts(counted) == Counts(6, 6)


def test_a_logout_counts_although_it_is_not_audited(counted: Domain) -> None:
    zone = counted.provision("i", DESCRIPTOR).instance.client.zone
    user = stored_user(counted, zone)
    fill(counted, user)
    [session] = counted.transactions.read(lambda each: each.sessions.of_user(user))
    counted.transactions.run(lambda each: each.sessions.end(session))
    assert counts(counted) == Counts(6, 6)


def test_a_renewed_certificate_counts_because_it_ends_the_one_before(counted: Domain) -> None:
    now = counted.clock.now()
    stored = StoredCertificates(counted.engine)
    assert not stored.advance(7, not_before=now, not_after=now, young=False)
    assert counts(counted) == Counts(6, 6)


def test_nothing_is_counted_before_the_first_start_of_a_server(counted: Domain) -> None:
    set_counts(counted, None, None)
    counted.transactions.run(revoke)
    assert counts(counted) == Counts(None, None)


@pytest.mark.parametrize(
    ("in_database", "in_file", "reason"),
    [(4, 5, "put back"), (None, 1, "put back"), (5, None, "has no count")],
)
def test_nothing_is_revoked_in_a_database_that_was_put_back(
    counted: Domain, in_database: int | None, in_file: int | None, reason: str
) -> None:
    """Its count would catch up with the file; the same where the file is of another directory."""
    counted.provision("i")
    counted.bind("i", "b")
    set_counts(counted, in_database, in_file)
    with pytest.raises(StoreUnavailable, match=reason) as refused:
        counted.unbind("i", "b")
    assert "doctor reconcile" in str(refused.value)
    assert counts(counted) == Counts(in_database, in_file)
    with counted.engine.begin() as connection:
        connection.execute(update(installation).values(locked_because="restored"))
    counted.unbind("i", "b")  # as doctor reconcile does


def test_the_operator_s_decision_settles_both(counted: Domain) -> None:
    for before in ((4, 9), (9, 4), (None, 8), (8, None)):
        set_counts(counted, *before)
        with audited(counted.engine) as (_, trail):
            trail.revocations.settle()
            trail.revocations.count()
        settled = max(each or 0 for each in before) + 1
        assert counts(counted) == Counts(settled, settled)
    set_counts(counted, None, None)
    with audited(counted.engine) as (_, trail):
        trail.revocations.settle()
    assert counts(counted) == Counts(None, None)


def test_a_file_that_cannot_be_written_fails_the_call_after_the_commit(counted: Domain) -> None:
    file = revocation_file(counted.engine)
    assert file is not None
    before = file._directory
    file._directory = before / "none"
    with pytest.raises(StoreUnavailable, match="XSUAA_STATE_DIR"):
        counted.transactions.run(revoke)
    with pytest.raises(StoreUnavailable), audited(counted.engine) as (_, trail):
        trail.revocations.count()
    file._directory = before
    assert counts(counted) == Counts(7, 5)
    counted.transactions.run(revoke)
    assert counts(counted) == Counts(8, 8)


def committing_modules() -> set[str]:
    """Return the modules of the store with a transaction that does not count revocations."""
    found = set()
    for path in STORE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        attributes = {each.attr for each in calls if isinstance(each, ast.Attribute)}
        if "begin" in attributes and "committed" not in attributes:
            found.add(path.relative_to(STORE).as_posix())
    return found


def test_every_commit_counts_or_has_a_reason() -> None:
    excused = {module for modules in WITHOUT_REVOCATIONS.values() for module in modules}
    assert committing_modules() == excused


def test_no_other_room_begins_transactions_or_opens_engines() -> None:
    """``open_store`` opens them all, and has them counted."""
    package = STORE.parent
    outside = [each for each in package.rglob("*.py") if STORE not in each.parents]
    opening = [
        each.relative_to(package).as_posix()
        for each in outside
        if "open_engine(" in each.read_text() or "engine.begin(" in each.read_text()
    ]
    assert opening == ["composition/administration.py"]
