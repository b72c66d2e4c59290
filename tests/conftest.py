"""Fixtures that build on each other: database → server → platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.platform import PlatformClient
from tests.support.postgres import PrivatePostgres
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """A private PostgreSQL, started when the first test needs it."""
    with PrivatePostgres() as running:
        yield running


@pytest.fixture(scope="session", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database: everything that depends on it runs once for each."""
    kind: str = request.param
    return kind


@pytest.fixture(scope="session")
def server(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A running server with two workers, shared by all tests that do no harm to it."""
    url = ""
    if database == "postgresql":
        url = request.getfixturevalue("postgres").create_database("shared")
    with Server(tmp_path_factory.mktemp(f"server-{database}"), database_url=url) as running:
        yield running


@pytest.fixture
def platform(server: Server) -> PlatformClient:
    """The platform that owns the server's broker credentials."""
    return PlatformClient(server.url, server.user, server.password)
