"""The keys a new database needs, made once however many hosts start at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.repositories import Repositories
from broker.tokens.ports import KEYS_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

    from broker.store.sealing.data_keys import DataKeys
    from broker.tokens.ports import StoredSigningKey


def create_missing_keys(
    engine: Engine, keys: DataKeys, make_first: Callable[[], StoredSigningKey], now: datetime
) -> None:
    """Create data keys, then a signing key by ``make_first``; what exists already is left alone.

    Raises ConfigurationError when the master keys do not open the existing data keys.
    """
    with engine.begin() as connection:
        Repositories(connection, keys).lock(KEYS_LOCK)
        keys.create_missing(connection, now)
    keys.load()
    with engine.begin() as connection:
        repositories = Repositories(connection, keys)
        repositories.lock(KEYS_LOCK)
        repositories.signing_keys.add_first(make_first)
