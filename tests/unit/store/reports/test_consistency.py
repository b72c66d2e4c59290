"""The consistency check of a missing database is a clear error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.errors import StoreUnavailable
from broker.store.database.engine import open_engine
from broker.store.reports.consistency import find_problems
from broker.store.sealing.data_keys import DataKeys
from tests.support.domain import MASTER_KEYS

if TYPE_CHECKING:
    from pathlib import Path


def test_a_missing_database_is_a_clear_error(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/none/store.db", connections=1, lock_timeout=0)
    with pytest.raises(StoreUnavailable):
        find_problems(engine, DataKeys(engine, MASTER_KEYS, reload_after=60))
