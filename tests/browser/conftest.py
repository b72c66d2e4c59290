"""The browser, its visitors, and the server they visit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.application import Application, a_site
from tests.clients.service_instance import ServiceInstance
from tests.support.browser import running_browser, visiting
from tests.support.people import displaying_users, people_of
from tests.support.platform import PlatformClient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from tests.support.application import Credentials
    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started when the first test needs it."""
    with running_browser() as running:
        yield running


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """A visitor, whose browser must not complain."""
    with visiting(browser) as opened:
        yield opened
    assert opened.complaints == []


@pytest.fixture(scope="module")
def server(servers: Callable[[str], Server]) -> Server:
    """The shared server on SQLite: nothing here depends on the kind of database."""
    return servers("sqlite")


@pytest.fixture(scope="module")
def instance(server: Server) -> ServiceInstance:
    """The application's instance."""
    platform = PlatformClient(server.url, server.user, server.password)
    return ServiceInstance(platform).create(displaying_users())


@pytest.fixture(scope="module")
def credentials(instance: ServiceInstance) -> Credentials:
    """The application's credentials with a secret."""
    return instance.create_key("binding-secret").credentials


@pytest.fixture(scope="module")
def people(server: Server, credentials: Credentials) -> People:
    """The users of the application's zone."""
    return people_of(server, credentials)


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The origin of applications, whose redirect URIs need not be registered in mode dev."""
    with a_site({}) as origin:
        yield origin


@pytest.fixture
def application(credentials: Credentials, site: str) -> Application:
    """The application of the credentials."""
    return Application(credentials, f"{site}/callback")
