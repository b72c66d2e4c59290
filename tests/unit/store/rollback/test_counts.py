"""What the two counts mean (D-62)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, update

from broker.errors import StoreUnavailable
from broker.store.rollback.counts import Counts, is_new, put_back, read_counts, revocation_file
from broker.store.rollback.revocation_file import RevocationFile
from broker.store.tables.usage import installation
from tests.support.databases import migrated_copy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.domain import Domain


@pytest.mark.parametrize(
    ("in_database", "in_file", "is_behind", "is_missing"),
    [
        (None, None, False, False),  # before the first start
        (None, 0, False, False),  # killed at the first start
        (1, 0, False, False),
        (5, 5, False, False),
        (6, 5, False, False),  # killed between commit and file
        (4, 5, True, False),
        (None, 1, True, False),  # a copy from before the upgrade
        (1, None, False, True),
    ],
)
def test_a_database_behind_its_file_was_put_back(
    in_database: int | None, in_file: int | None, *, is_behind: bool, is_missing: bool
) -> None:
    found = Counts(in_database, in_file)
    assert (found.is_behind, found.is_missing) == (is_behind, is_missing)
    assert bool(found.problem) == (is_behind or is_missing)


def test_the_error_has_both_counts_and_the_commands() -> None:
    error = put_back(Counts(4, 5))
    assert type(error) is StoreUnavailable  # which the edges map to 503
    text = str(error)
    assert text.startswith("The database is locked. It was put back from a copy: it has 4 revoc")
    assert "has counted 5. Run: python -m broker doctor reconcile (or doctor unlock" in text


def test_an_engine_without_a_file_counts_nothing(on_sqlite: Domain) -> None:
    assert revocation_file(on_sqlite.engine) is None


def test_a_count_that_begins_in_between_is_not_missing(on_sqlite: Domain, tmp_path: Path) -> None:
    """Of two servers that start at once, one has stored the first count in both places."""

    class BegunMeanwhile(RevocationFile):
        readings = 0

        def read(self) -> int | None:
            self.readings += 1
            return None if self.readings == 1 else 1

    with on_sqlite.engine.begin() as connection:
        connection.execute(update(installation).values(revocations=1))
        file = BegunMeanwhile(tmp_path, tmp_path / "x.db", 1)
        assert read_counts(connection, file) == Counts(1, 1)


def test_a_database_without_keys_is_new(on_sqlite: Domain, tmp_path: Path) -> None:
    with on_sqlite.engine.connect() as connection:
        assert not is_new(connection)
    engine = create_engine(migrated_copy(tmp_path, None))
    with engine.connect() as connection:
        assert is_new(connection)
    engine.dispose()
