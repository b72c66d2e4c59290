"""The keys a new database needs, made once however many hosts start at the same time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.repositories import Repositories
from broker.store.signing_keys import SigningKeyTable

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from broker.store.data_keys import DataKeys
    from broker.tokens.ports import StoredSigningKey

KEY_LOCK = "keys of this database"


def create_missing_keys(engine: Engine, keys: DataKeys, first: StoredSigningKey) -> None:
    """Create data keys, then ``first`` as the signing key; what exists already is left alone.

    Raises ConfigurationError when the master keys do not open the existing data keys.
    """
    with engine.begin() as connection:
        Repositories(connection, keys).lock(KEY_LOCK)
        keys.create_missing(connection, first.publish_at)
    keys.load()
    with engine.begin() as connection:
        Repositories(connection, keys).lock(KEY_LOCK)
        SigningKeyTable(engine, keys).add_first(connection, first)
