"""Fresh databases of either kind for tests without a server."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy.exc import DBAPIError

from broker.errors import ConfigurationError
from broker.store.database import schema
from broker.store.database.engine import open_engine
from broker.store.database.schema_revision import require_current

if TYPE_CHECKING:
    from tests.support.postgres import PrivatePostgres

_MIGRATED = "migrated"


def fresh_database(directory: Path, postgres: PrivatePostgres | None) -> str:
    """Return the URL of an empty database for the product's engine."""
    if postgres is None:
        return f"sqlite:///{directory / 'store.db'}"
    return _for_the_engine(postgres.create_database(f"fresh_{uuid4().hex}"))


def migrated_copy(directory: Path, postgres: PrivatePostgres | None) -> str:
    """Return the URL, for the product's engine, of a new database with the current schema."""
    if postgres is None:
        file = directory / "store.db"
        place_migrated_file(file)
        return f"sqlite:///{file}"
    return _for_the_engine(migrated_database(postgres, f"copy_{uuid4().hex}"))


def is_current(url: str) -> bool:
    """Tell whether this database has the current schema."""
    engine = open_engine(_for_the_engine(url), connections=1, lock_timeout=5)
    try:
        require_current(engine)
    except (ConfigurationError, DBAPIError):
        return False
    else:
        return True
    finally:
        engine.dispose()


def migrated_database(postgres: PrivatePostgres, name: str) -> str:
    """Create a database with the current schema and give its address for PostgreSQL's clients."""
    _place_migrated_database(postgres)
    return postgres.create_database(name, like=_MIGRATED)


@cache
def _place_migrated_database(postgres: PrivatePostgres) -> None:
    _migrate(_for_the_engine(postgres.create_database(_MIGRATED)))


def place_migrated_file(file: Path) -> None:
    """Put an SQLite database with the current schema where there is none, for its owner only."""
    file.parent.mkdir(mode=0o700, exist_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    shutil.copyfile(_migrated_file(), file)


@cache
def _migrated_file() -> Path:
    directory = Path(tempfile.mkdtemp(prefix="migrated-"))
    atexit.register(shutil.rmtree, directory)
    file = directory / "migrated.db"
    _migrate(f"sqlite:///{file}")
    return file


def _migrate(url: str) -> None:
    engine = open_engine(url, connections=2, lock_timeout=5)
    schema.upgrade(engine)
    # Nothing may be connected to what PostgreSQL copies; SQLite writes its journal back.
    engine.dispose()


def _for_the_engine(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://")
