"""The applications under test and the instances they are bound to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clients.node_client import NodeClient
from tests.clients.python_client import PythonClient
from tests.clients.service_instance import ServiceInstance, displaying_application
from tests.support.platform import APIACCESS

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient
    from tests.support.server import Server


CLIENTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the second database to long runs: clients see no difference.

    Another fixture ``database`` here would not do: `server` would keep the value of the first one.
    """
    for item in items:
        call = getattr(item, "callspec", None)
        is_of_client = item.path.is_relative_to(CLIENTS)
        if is_of_client and call and call.params.get("database") == "postgresql":
            item.add_marker(pytest.mark.soak)


@pytest.fixture
def node(server: Server) -> NodeClient:
    """An application with @sap/xssec that trusts the server's authority."""
    return NodeClient(server.ca_file)


@pytest.fixture
def python(server: Server) -> PythonClient:
    """An application with sap-xssec that trusts the server's authority."""
    return PythonClient(server.ca_file)


@pytest.fixture
def application(platform: PlatformClient) -> ServiceInstance:
    """The application's instance."""
    return displaying_application(platform)


@pytest.fixture
def another_application(platform: PlatformClient) -> ServiceInstance:
    """An instance of another application in the same organization."""
    return displaying_application(platform)


@pytest.fixture
def api_access(platform: PlatformClient) -> ServiceInstance:
    """An instance for the administration APIs."""
    return ServiceInstance(platform, APIACCESS).create()
