"""The purge of expired data of users; each table is listed in docs/data.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.database.batches import delete_in_batches
from broker.store.database.faults import translating
from broker.store.logon.throttle_counters import ThrottleCounterTable
from broker.store.tables.identity import known_source, password_link, throttle_counter
from broker.store.tables.user_grants import (
    authorization_code,
    passcode,
    refresh_family,
    used_assertion,
    user_session,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

EXPIRING = (
    user_session,
    authorization_code,
    refresh_family,
    passcode,
    password_link,
    known_source,
    used_assertion,
)
"""Tables whose rows are deleted when their column ``expires_at`` has passed."""


def purge_user_data(engine: Engine, now: datetime) -> dict[str, int]:
    """Delete expired rows in batches; return how many, by table, where there were some."""
    counts = {
        table.name: delete_in_batches(engine, table, table.c.expires_at <= now)
        for table in EXPIRING
    }
    with translating(), engine.begin() as connection:
        counts[throttle_counter.name] = ThrottleCounterTable(connection).purge(now)
    return {name: count for name, count in counts.items() if count}
