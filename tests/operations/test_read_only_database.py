"""A standby may be stale: no server starts on it or continues to use it (D-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
import requests
from psycopg import sql

from tests.operations.processes import await_that
from tests.support.application import token_status
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.postgres import PrivatePostgres


@pytest.fixture
def name(postgres: PrivatePostgres) -> str:
    """Name of a database that can become read-only, as on a demoted server."""
    chosen = f"standby-{a_guid()}"
    postgres.create_database(chosen)
    return chosen


def make_read_only(postgres: PrivatePostgres, name: str, *, value: str) -> None:
    """Make the database read-only and end all sessions, as a failover does."""
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(
                sql.Identifier(name), sql.Literal(value)
            )
        )
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            [name],
        )


def test_a_start_is_refused(postgres: PrivatePostgres, name: str, tmp_path: Path) -> None:
    server = Server(tmp_path, database_url=postgres.url(name))
    server.command("db", "upgrade")
    make_read_only(postgres, name, value="on")
    refused = server.command("serve", check=False)
    assert refused.returncode == 1
    assert "read-only" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_running_server_refuses_requests_on_a_standby(
    postgres: PrivatePostgres, name: str, tmp_path: Path
) -> None:
    with Server(tmp_path, database_url=postgres.url(name)) as server:
        platform = PlatformClient(server.url, server.user, server.password, may_fail=True)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor()).ok
        bound = platform.bind(instance, a_guid()).json()["credentials"] | {"url": server.url}
        make_read_only(postgres, name, value="on")
        assert token_status(bound) == 503
        assert platform.bind(instance, a_guid()).status_code == 503
        assert requests.get(f"{server.url}/readyz", timeout=30).status_code == 503
        make_read_only(postgres, name, value="off")
        # Each worker detects it independently, within a second.
        await_that(lambda: token_status(bound) == 200, "tokens again")
        await_that(server.is_up, "the server is ready again")
