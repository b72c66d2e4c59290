"""Fixtures of the unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.databases import migrated_copy
from tests.support.domain import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Domain]:
    """The operations on a new SQLite file, for rules independent of the database."""
    opened = Domain(migrated_copy(tmp_path, None))
    yield opened
    opened.close()
