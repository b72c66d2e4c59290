"""The end of users' sessions, codes, tokens and links (I-09, D-59)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, Table, delete, update

from broker.identity.ended_logons import EndedLogons
from broker.store.tables.identity import password_link, shadow_user
from broker.store.tables.user_grants import (
    authorization_code,
    passcode,
    refresh_family,
    user_session,
)

if TYPE_CHECKING:
    from datetime import datetime

_OWNED: dict[str, tuple[Table, Column[int]]] = {
    "sessions": (user_session, user_session.c.user_row_id),
    "codes": (authorization_code, authorization_code.c.user_row_id),
    "refresh_tokens": (refresh_family, refresh_family.c.user_row_id),
    "passcodes": (passcode, passcode.c.id),
    "password_links": (password_link, password_link.c.user_row_id),
}


def end_logons(connection: Connection, now: datetime, user_row_id: int) -> EndedLogons:
    """End everything that a logon of this user opened; return how many."""
    connection.execute(
        update(shadow_user)
        .where(shadow_user.c.id == user_row_id)
        .values(token_epoch=shadow_user.c.token_epoch + 1, updated_at=now)
    )
    return EndedLogons(
        **{
            name: connection.execute(delete(table).where(owner == user_row_id)).rowcount
            for name, (table, owner) in _OWNED.items()
        }
    )


def end_all_logons(connection: Connection, now: datetime) -> EndedLogons:
    """End everything that a logon of any user opened, after a restore; return how many.

    Epochs advance by the seconds of ``now``: after a later restore of the same backup they differ
    again, so that neither tokens from after the backup nor from after an earlier restore are valid.
    Cached rights end in the same way.
    """
    seconds = int(now.timestamp())
    connection.execute(
        update(shadow_user).values(
            token_epoch=shadow_user.c.token_epoch + seconds,
            roles_epoch=shadow_user.c.roles_epoch + seconds,
        )
    )
    return EndedLogons(
        **{name: connection.execute(delete(table)).rowcount for name, (table, _) in _OWNED.items()}
    )
