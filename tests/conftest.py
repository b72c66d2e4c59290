"""Fixtures that build on each other: database → server → platform."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import hypothesis
import pytest
import requests
import structlog
from _pytest.nodeid import NodeId

from tests.support import workload
from tests.support.databases import (
    RecycledDatabase,
    RecycledFile,
    fresh_database,
    migrated_database,
)
from tests.support.domain import Domain, create_keys
from tests.support.platform import PlatformClient
from tests.support.postgres import PrivatePostgres
from tests.support.secrets_in_logs import LOGS, MINTED
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DATABASES = ("sqlite", "postgresql")

# Durations prove nothing about the product: the machine may be busy.
hypothesis.settings.register_profile(
    "without-clock",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("without-clock")

# By default structlog has rich print the variables of each frame, which takes a second.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)


@pytest.fixture(scope="session", autouse=True)
def _loggers_are_not_cached() -> Iterator[None]:
    """A cached logger would ignore what a later test configures or captures."""
    configure = structlog.configure

    def configure_without_cache(*arguments: Any, **options: Any) -> None:
        configure(*arguments, **{**options, "cache_logger_on_first_use": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", configure_without_cache)
        yield


@pytest.fixture(autouse=True)
def _logging_configuration_stays() -> Iterator[None]:
    """Restore the configuration of structlog after a test that changes it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start with the longest suites; keep tests that share a fixture in one worker of xdist."""
    items.sort(key=workload.rank)
    if hasattr(config, "workerinput"):
        for item in items:
            if group := workload.group(item):
                # As --dist loadgroup does for xdist_group: xdist 3.8 sets an attribute that
                # pytest 9.2 no longer reads.
                item._id = NodeId.parse(f"{item.nodeid}@{group}")


@pytest.fixture(scope="session", autouse=True)
def _no_secret_in_any_log() -> Iterator[None]:
    """Record every secret in responses of a server; finally search all logs for all of them."""
    send = requests.Session.send

    def noting(session: requests.Session, *arguments: Any, **options: Any) -> requests.Response:
        response = send(session, *arguments, **options)
        MINTED.remember_answer(response.content)
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", noting)
        yield
    assert list(MINTED.lines_with_secrets(log for log in LOGS if log.exists())) == []


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """A private PostgreSQL, started when the first test needs it."""
    with PrivatePostgres() as running:
        yield running


@pytest.fixture(scope="session")
def recycled_file(tmp_path_factory: pytest.TempPathFactory) -> RecycledFile:
    """The SQLite database that tests without a server share in sequence."""
    return RecycledFile(tmp_path_factory.mktemp("recycled"), create_keys)


@pytest.fixture(scope="session")
def recycled_database(postgres: PrivatePostgres) -> Iterator[RecycledDatabase]:
    """The PostgreSQL database that tests without a server share in sequence."""
    with RecycledDatabase(postgres, create_keys) as opened:
        yield opened


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database: tests that depend on it run once for each."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Server]]:
    """The shared servers by kind of database, each started when the first test needs it."""
    with ExitStack() as stack:

        @cache
        def server_on(kind: str) -> Server:
            url = ""
            if kind == "postgresql":
                postgres = request.getfixturevalue("postgres")
                url = migrated_database(postgres, f"shared_{uuid4().hex}")
            directory = tmp_path_factory.mktemp(f"server-{kind}")
            return stack.enter_context(Server(directory, database_url=url))

        yield server_on


@pytest.fixture(scope="session")
def server(database: str, servers: Callable[[str], Server]) -> Server:
    """A running server with two workers, shared by all tests that do not damage it."""
    return servers(database)


@pytest.fixture
def platform(server: Server) -> PlatformClient:
    """The platform that owns the server's broker credentials."""
    return PlatformClient(server.url, server.user, server.password)


@pytest.fixture(scope="session")
def postgres_if_used(database: str, request: pytest.FixtureRequest) -> PrivatePostgres | None:
    """The PostgreSQL server; None in runs on SQLite."""
    if database == "sqlite":
        return None
    running: PrivatePostgres = request.getfixturevalue("postgres")
    return running


@pytest.fixture
def fresh_url(postgres_if_used: PrivatePostgres | None, tmp_path: Path) -> str:
    """The URL of an empty database of the current kind."""
    return fresh_database(tmp_path, postgres_if_used)


@pytest.fixture
def migrated_url(database: str, request: pytest.FixtureRequest) -> str:
    """The URL of a database of either kind with the current schema and nothing in it.

    It is the same one for all tests of a process, so its schema has to stay as it is.
    """
    recycled: RecycledFile | RecycledDatabase = request.getfixturevalue(
        "recycled_file" if database == "sqlite" else "recycled_database"
    )
    return recycled.restored()


@pytest.fixture
def domain(migrated_url: str) -> Iterator[Domain]:
    """The operations on a fresh database, without HTTP and with a fake clock."""
    opened = Domain(migrated_url)
    yield opened
    opened.close()
