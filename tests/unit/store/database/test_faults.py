"""Classification of errors of database drivers (D-20)."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from broker.errors import Busy, StoreUnavailable
from broker.store.database.faults import (
    is_retryable,
    is_unreadable_value,
    translated,
    translating,
    was_cancelled,
)


class PostgresError(Exception):
    """An error of psycopg, with PostgreSQL's code for it."""

    def __init__(self, sqlstate: str) -> None:
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def of_postgres(sqlstate: str) -> DBAPIError:
    return OperationalError("SELECT", {}, PostgresError(sqlstate))


def of_sqlite(name: str = "") -> DBAPIError:
    error = sqlite3.OperationalError("text")
    if name:
        error.sqlite_errorname, error.sqlite_errorcode = name, 1
    return OperationalError("SELECT", {}, error)


UNIQUE = IntegrityError("INSERT", {}, sqlite3.IntegrityError())
DEADLOCK, SERIALIZATION, NO_LOCK, CANCELLED, DOWN = map(
    of_postgres, ("40P01", "40001", "55P03", "57014", "57P01")
)


@pytest.mark.parametrize("error", [UNIQUE, DEADLOCK, SERIALIZATION])
def test_a_lost_race_may_be_run_again(error: Exception) -> None:
    assert is_retryable(error)


@pytest.mark.parametrize("error", [NO_LOCK, CANCELLED, DOWN, of_sqlite("SQLITE_BUSY"), KeyError()])
def test_no_other_error_may_be_repeated(error: Exception) -> None:
    assert not is_retryable(error)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (NO_LOCK, Busy),
        (of_sqlite("SQLITE_BUSY"), Busy),
        (of_sqlite("SQLITE_BUSY_SNAPSHOT"), Busy),
        (PoolTimeoutError(), Busy),
        (DOWN, StoreUnavailable),
        (CANCELLED, StoreUnavailable),
        (DEADLOCK, StoreUnavailable),
        (UNIQUE, StoreUnavailable),
        (of_sqlite("SQLITE_FULL"), StoreUnavailable),
        (of_sqlite(), StoreUnavailable),
    ],
)
def test_a_busy_lock_is_distinguished_from_an_unavailable_database(
    error: Exception, meaning: type[Exception]
) -> None:
    assert type(translated(error)) is meaning
    with pytest.raises(meaning) as raised, translating():
        raise error
    assert raised.value.__cause__ is error


def test_errors_of_the_code_are_not_translated() -> None:
    with pytest.raises(KeyError), translating():
        raise KeyError


def test_a_cancelled_statement_is_recognised() -> None:
    assert was_cancelled(CANCELLED)
    assert not was_cancelled(NO_LOCK)


@pytest.mark.parametrize(
    ("error", "is_one_value"),
    [
        (of_sqlite(), True),
        (DataError("SELECT", {}, PostgresError("22P02")), True),
        (of_sqlite("SQLITE_CORRUPT"), False),
        (DOWN, False),
        (UNIQUE, False),
    ],
)
def test_an_unreadable_value_is_distinguished_from_a_broken_database(
    error: Exception, *, is_one_value: bool
) -> None:
    assert is_unreadable_value(error) == is_one_value


def test_undecodable_text_of_sqlite_is_an_unreadable_value() -> None:
    with sqlite3.connect(":memory:") as connection, pytest.raises(sqlite3.Error) as raised:
        connection.execute("SELECT CAST(x'ff' AS TEXT)").fetchall()
    connection.close()
    assert is_unreadable_value(OperationalError("SELECT", {}, raised.value))
