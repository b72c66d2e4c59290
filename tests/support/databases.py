"""Fresh databases of either kind for tests without a server."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING
from uuid import uuid4

from broker.store import schema
from broker.store.engine import open_engine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.postgres import PrivatePostgres

_MIGRATED = "migrated"


def fresh_database(kind: str, directory: Path, postgres: PrivatePostgres | None) -> str:
    """Return the URL of an empty database for the product's engine."""
    if postgres is None:
        return f"{kind}:///{directory / 'store.db'}"
    return _for_the_engine(postgres.create_database(f"fresh_{uuid4().hex}"))


class MigratedDatabases:
    """Databases with the current schema: the first is migrated, the others are copies of it."""

    def __init__(self, directory: Path, postgres: PrivatePostgres | None) -> None:
        """Migrate the one that is copied; without a PostgreSQL it is a file in ``directory``."""
        self._file = directory / "migrated.db"
        self._postgres = postgres
        url = f"sqlite:///{self._file}"
        if postgres is not None:
            url = _for_the_engine(postgres.create_database(_MIGRATED))
        engine = open_engine(url, connections=2, lock_timeout=5)
        schema.upgrade(engine)
        # Nothing may be connected to what PostgreSQL copies; SQLite writes its journal back.
        engine.dispose()

    def copy(self, directory: Path) -> str:
        """Return the URL of a new one for the product's engine."""
        if self._postgres is None:
            shutil.copy(self._file, directory / "store.db")
            return f"sqlite:///{directory / 'store.db'}"
        name = f"copy_{uuid4().hex}"
        return _for_the_engine(self._postgres.create_database(name, like=_MIGRATED))


def _for_the_engine(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
