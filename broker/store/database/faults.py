"""What a database error means to the rest of the program."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from broker.errors import BrokerError, Busy, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEADLOCK = "40P01"
_SERIALIZATION_FAILURE = "40001"
_LOCK_NOT_AVAILABLE = "55P03"
_QUERY_CANCELED = "57014"

StoreFault = (DBAPIError, PoolTimeoutError)
"""Everything SQLAlchemy raises when the database, and not our code, is at fault."""


def is_retryable(error: Exception) -> bool:
    """Tell whether the same transaction can succeed on another attempt.

    Who loses a race for a unique value finds the winner's row the next time.
    """
    return isinstance(error, IntegrityError) or _sqlstate(error) in {
        _DEADLOCK,
        _SERIALIZATION_FAILURE,
    }


def is_unreadable_value(error: Exception) -> bool:
    """Tell whether the driver could not read a value of a row: the database itself is sound.

    Of SQLite's errors those of the driver have no code.
    """
    original = getattr(error, "orig", error)
    undecodable = isinstance(original, sqlite3.OperationalError) and not hasattr(
        original, "sqlite_errorcode"
    )
    return undecodable or isinstance(error, DataError)


def was_cancelled(error: Exception) -> bool:
    """Tell whether the statement took longer than it may."""
    return _sqlstate(error) == _QUERY_CANCELED


def translated(error: Exception) -> BrokerError:
    """Return the error that the edges know how to answer."""
    if isinstance(error, PoolTimeoutError) or _waited_too_long(error):
        return Busy(
            "Another operation on this service instance is still running;"
            " try again when it has ended."
        )
    return StoreUnavailable("The database cannot be used at the moment.")


@contextmanager
def translating() -> Iterator[None]:
    """Turn database errors of the enclosed statements into StoreUnavailable or Busy."""
    try:
        yield
    except StoreFault as error:
        raise translated(error) from error


def _waited_too_long(error: Exception) -> bool:
    original = getattr(error, "orig", None)
    locked_sqlite = getattr(original, "sqlite_errorname", "").startswith("SQLITE_BUSY")
    return locked_sqlite or _sqlstate(error) == _LOCK_NOT_AVAILABLE


def _sqlstate(error: Exception) -> str:
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""
