"""The count in the state directory: durable, private, shared, and it only rises (D-62)."""

from __future__ import annotations

import json
import random
import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from broker.errors import ConfigurationError, StoreUnavailable
from broker.store.rollback.revocation_file import REVOCATIONS_FILE, RevocationFile

if TYPE_CHECKING:
    from pathlib import Path


def counting(directory: Path, database: str = "x.db", lock_timeout: float = 5) -> RevocationFile:
    return RevocationFile(directory / "state", directory / database, lock_timeout)


@pytest.fixture
def file(tmp_path: Path) -> RevocationFile:
    opened = counting(tmp_path)
    opened.prepare()
    return opened


def test_there_is_no_count_before_the_first_one(file: RevocationFile) -> None:
    assert file.read() is None
    file.raise_to(0)
    assert file.read() == 0


def test_the_count_only_rises(file: RevocationFile) -> None:
    for count, expected in ((3, 3), (2, 3), (4, 4)):
        file.raise_to(count)
        assert file.read() == expected
    file.raise_to(1, always=True)
    assert file.read() == 4


def test_the_file_is_private_and_the_only_one(file: RevocationFile, tmp_path: Path) -> None:
    file.raise_to(1)
    [written] = (tmp_path / "state").iterdir()
    assert written.name == REVOCATIONS_FILE
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert json.loads(written.read_text()) == {str(tmp_path / "x.db"): 1}


def test_an_equal_count_writes_only_to_try_it(file: RevocationFile, tmp_path: Path) -> None:
    file.raise_to(1)
    path = tmp_path / "state" / REVOCATIONS_FILE
    before = path.stat().st_ino
    file.raise_to(1)
    assert path.stat().st_ino == before
    file.raise_to(1, always=True)
    assert path.stat().st_ino != before


def test_each_database_has_its_count_under_any_path_to_it(
    file: RevocationFile, tmp_path: Path
) -> None:
    file.raise_to(7)
    other = counting(tmp_path, "y.db")
    assert other.read() is None
    other.raise_to(1)
    (tmp_path / "link.db").symlink_to("x.db")
    for path in ("link.db", "state/../x.db", "x.db"):
        assert counting(tmp_path, path).read() == 7


def test_writers_at_the_same_time_lose_no_count(file: RevocationFile, tmp_path: Path) -> None:
    """As of several workers and commands: each has its own object."""
    counts = random.sample(range(1, 1000), k=40)

    def write(index: int) -> bool:
        own = counting(tmp_path, f"{index % 2}.db")
        own.raise_to(counts[index])
        return (own.read() or 0) >= counts[index]

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(write, range(len(counts))))
    for database in (0, 1):
        assert counting(tmp_path, f"{database}.db").read() == max(counts[database::2])


def test_a_writer_that_hangs_is_waited_for_in_vain(file: RevocationFile, tmp_path: Path) -> None:
    impatient = counting(tmp_path, lock_timeout=0)
    with file._locked(), pytest.raises(StoreUnavailable, match="cannot be written"):
        impatient.raise_to(1)
    impatient.raise_to(1)


@pytest.mark.parametrize(
    "text", ["", "7", "[]", "{", '{"x": "7"}', '{"x": -1}', '{"x": true}', '{"x": 1.5}']
)
def test_a_damaged_file_is_neither_used_nor_replaced(
    file: RevocationFile, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "state" / REVOCATIONS_FILE
    path.write_text(text)
    with pytest.raises(StoreUnavailable, match=r"XSUAA_STATE_DIR: revocations\.json is damaged"):
        file.read()
    with pytest.raises(StoreUnavailable):
        file.raise_to(1)
    assert path.read_text() == text


def test_a_directory_that_is_none_is_reported_with_its_setting(tmp_path: Path) -> None:
    missing = counting(tmp_path)
    with pytest.raises(StoreUnavailable, match=r"XSUAA_STATE_DIR: .* cannot be written \(No such"):
        missing.raise_to(1)
    (tmp_path / "state").touch()
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        missing.read()
    with pytest.raises(ConfigurationError, match="XSUAA_STATE_DIR"):
        missing.prepare()
