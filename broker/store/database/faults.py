"""Classification and translation of database errors."""

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
_INSUFFICIENT_PRIVILEGE = "42501"
_NO_USABLE_SCHEMA = "3F000"

LACKS_A_RIGHT = "The database role lacks a right; docs/upgrade.md lists those that it needs."

StoreFault = (DBAPIError, PoolTimeoutError)
"""The exceptions that SQLAlchemy raises for errors of the database."""


def is_retryable(error: Exception) -> bool:
    """Return whether the same transaction can succeed when retried.

    After a lost race for a unique value the retry finds the other transaction's row.
    """
    return isinstance(error, IntegrityError) or _sqlstate(error) in {
        _DEADLOCK,
        _SERIALIZATION_FAILURE,
    }


def is_unreadable_value(error: Exception) -> bool:
    """Return whether the driver could not decode a value of a row.

    Errors of the SQLite driver, unlike those of SQLite itself, have no error code.
    """
    original = getattr(error, "orig", error)
    undecodable = isinstance(original, sqlite3.OperationalError) and not hasattr(
        original, "sqlite_errorcode"
    )
    return undecodable or isinstance(error, DataError)


def was_cancelled(error: Exception) -> bool:
    """Return whether the statement exceeded its timeout."""
    return _sqlstate(error) == _QUERY_CANCELED


def translated(error: Exception) -> BrokerError:
    """Return the BrokerError for a database error: Busy or StoreUnavailable."""
    if isinstance(error, PoolTimeoutError) or _is_lock_timeout(error):
        return Busy(
            "Another operation on this service instance is in progress; try again when it has"
            " ended."
        )
    if _sqlstate(error) in {_INSUFFICIENT_PRIVILEGE, _NO_USABLE_SCHEMA}:
        return StoreUnavailable(LACKS_A_RIGHT)
    return StoreUnavailable("The database cannot be used at the moment.")


@contextmanager
def translating() -> Iterator[None]:
    """Translate database errors of the enclosed statements to StoreUnavailable or Busy."""
    try:
        yield
    except StoreFault as error:
        raise translated(error) from error


def _is_lock_timeout(error: Exception) -> bool:
    original = getattr(error, "orig", None)
    locked_sqlite = getattr(original, "sqlite_errorname", "").startswith("SQLITE_BUSY")
    return locked_sqlite or _sqlstate(error) == _LOCK_NOT_AVAILABLE


def _sqlstate(error: Exception) -> str:
    return getattr(getattr(error, "orig", None), "sqlstate", None) or ""
