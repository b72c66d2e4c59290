"""The store that the settings name: its engine, and the keys that open what is sealed in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.master_keys import parse_master_keys
from broker.store.data_keys import DataKeys
from broker.store.engine import open_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from broker.settings import Settings


@dataclass(frozen=True, slots=True)
class Store:
    """The database and the keys that open what is sealed in it."""

    engine: Engine
    keys: DataKeys


def open_store(settings: Settings) -> Store:
    """Return the store; nothing is connected yet."""
    engine = open_engine(
        settings.database_url.get_secret_value(),
        connections=settings.threads,
        lock_timeout=settings.lock_timeout,
    )
    return Store(
        engine, DataKeys(engine, parse_master_keys(settings.master_keys.get_secret_value()))
    )
