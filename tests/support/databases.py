"""Fresh databases of either kind for tests without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.postgres import PrivatePostgres


def fresh_database(kind: str, directory: Path, postgres: PrivatePostgres | None) -> str:
    """Return the URL of an empty database for the product's engine."""
    if postgres is None:
        return f"{kind}:///{directory / 'store.db'}"
    url = postgres.create_database(f"fresh_{uuid4().hex}")
    return url.replace("postgresql://", "postgresql+psycopg://")
