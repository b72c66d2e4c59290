"""Fixtures of the unit tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.domain import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.databases import RecycledFile


@pytest.fixture
def on_sqlite(recycled_file: RecycledFile) -> Iterator[Domain]:
    """The operations on a new SQLite file, for rules independent of the database."""
    opened = Domain(recycled_file.restored())
    yield opened
    opened.close()
