"""The consistency check: a missing database is a clear error, a repair ends cached rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from broker.errors import StoreUnavailable
from broker.store.database.engine import open_engine
from broker.store.reports.consistency import find_problems, remove_rows
from broker.store.rollback.put_back import count_revocations
from broker.store.sealing.data_keys import DataKeys
from broker.store.tables.core import service_instance, zone
from tests.support.domain import MASTER_KEYS, OPERATOR
from tests.unit.store.rollback.test_revocations import set_counts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.domain import Domain


def test_a_missing_database_is_a_clear_error(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/none/store.db", connections=1, lock_timeout=0)
    with pytest.raises(StoreUnavailable):
        find_problems(engine, DataKeys(engine, MASTER_KEYS, reload_after=60))


@pytest.mark.parametrize(
    ("before", "problem"),
    [((4, 5), "It was put back from a copy"), ((5, None), "not counted in the state directory")],
)
def test_a_database_put_back_is_found(
    on_sqlite: Domain, tmp_path: Path, before: tuple[int, int | None], problem: str
) -> None:
    """D-62."""
    count_revocations(on_sqlite.engine, tmp_path, 5)
    set_counts(on_sqlite, *before)
    [found] = find_problems(on_sqlite.engine, on_sqlite.keys)
    assert problem in found.problem
    assert "doctor reconcile" in found.problem
    assert found.remove is None
    set_counts(on_sqlite, 5, 5)
    assert find_problems(on_sqlite.engine, on_sqlite.keys) == []


def test_a_repair_ends_cached_rights(on_sqlite: Domain) -> None:
    """D-36, I-143: the scopes of a deleted application are in no further token."""
    on_sqlite.provision("i", {"xsappname": "lost"})
    with on_sqlite.engine.begin() as connection:
        connection.execute(delete(service_instance))
    findings = find_problems(on_sqlite.engine, on_sqlite.keys)
    before = epochs(on_sqlite)
    assert remove_rows(on_sqlite.engine, findings, OPERATOR) == 1
    assert all(new > old for new, old in zip(epochs(on_sqlite), before, strict=True))


def epochs(domain: Domain) -> list[int]:
    with domain.engine.connect() as connection:
        return [*connection.execute(select(zone.c.grants_epoch, zone.c.roles_epoch)).one()]
