"""One server with SQLite for tests whose statements are the same on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.administration import ApiClient, api_client
from tests.support.platform import PlatformClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.server import Server


@pytest.fixture(scope="session")
def sqlite_server(servers: Callable[[str], Server]) -> Server:
    """The shared server on SQLite."""
    return servers("sqlite")


@pytest.fixture(scope="session")
def on_sqlite(sqlite_server: Server) -> PlatformClient:
    """Its platform."""
    return PlatformClient(sqlite_server.url, sqlite_server.user, sqlite_server.password)


@pytest.fixture(scope="module")
def api(on_sqlite: PlatformClient) -> ApiClient:
    """A client with all scopes in a zone of its own, shared by the tests of a module."""
    return api_client(on_sqlite)
