"""@sap/approuter with people at a browser, before CAP: a secret and a certificate."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.login_form import ALERT, USER_NAME, await_login, log_in
from tests.clients.approuter import Approuter
from tests.clients.cap_application import CapApplication
from tests.clients.service_instance import ServiceInstance
from tests.support.browser import visiting
from tests.support.people import displaying_users
from tests.support.platform import PlatformClient, credential_types

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.support.application import Credentials
    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server

REFRESHES_AFTER_SECONDS = 2
"""The application router refreshes a token one minute before its end, set by JWT_REFRESH."""


@dataclass(frozen=True)
class Deployed:
    """The application behind the application router."""

    approuter: Approuter
    credentials: Credentials

    @property
    def app_id(self) -> str:
        return self.credentials["xsappname"]

    def url(self, path: str) -> str:
        return f"{self.approuter.url}{path}"

    def status(self, page: Page, path: str) -> int:
        """Return the status of an application's page, without leaving this one."""
        status: int = page.evaluate("path => fetch(path).then(found => found.status)", path)
        return status

    def change(self, page: Page, path: str, **values: str) -> int:
        """Change an entity as a script of the application's pages; return the status."""
        status: int = page.evaluate(
            """([path, body]) => fetch(path, {
                method: "PATCH", body, headers: {"Content-Type": "application/json"},
            }).then(found => found.status)""",
            [path, json.dumps(values)],
        )
        return status

    def json(self, page: Page, path: str) -> Any:
        """Return the JSON of an application's page, without leaving this one."""
        return page.evaluate("path => fetch(path).then(found => found.json())", path)


@pytest.fixture(scope="module")
def instance(server: Server) -> ServiceInstance:
    platform = PlatformClient(server.url, server.user, server.password)
    lifetime = {"token-validity": 60 + REFRESHES_AFTER_SECONDS}
    configuration = credential_types("binding-secret", "x509") | lifetime
    descriptor = displaying_users() | {"oauth2-configuration": configuration}
    return ServiceInstance(platform).create(descriptor)


@pytest.fixture(scope="module")
def cap(
    credentials: Credentials, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CapApplication]:
    log_file = tmp_path_factory.mktemp("cap") / "cap.log"
    with CapApplication(credentials, "xsuaa", server.ca_file, log_file) as running:
        yield running


@pytest.fixture(scope="module", params=["binding-secret", "x509"])
def any_deployed(
    request: pytest.FixtureRequest,
    instance: ServiceInstance,
    cap: CapApplication,
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    """The application router with a secret, then with a certificate."""
    credentials = instance.create_key(request.param).credentials
    log_file = tmp_path_factory.mktemp("approuter") / "approuter.log"
    with Approuter(credentials, cap.url, server.ca_file, log_file, JWT_REFRESH="1") as running:
        yield Deployed(running, credentials)


@pytest.fixture(scope="module")
def deployed(
    credentials: Credentials,
    cap: CapApplication,
    server: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Deployed]:
    log_file = tmp_path_factory.mktemp("approuter") / "approuter.log"
    with Approuter(credentials, cap.url, server.ca_file, log_file, JWT_REFRESH="1") as running:
        yield Deployed(running, credentials)


def test_login_refresh_and_logout(
    any_deployed: Deployed, people: People, visitor: Visitor, server: Server
) -> None:
    """M1, M3, M4, M5, M11, M13: with a secret and with a certificate."""
    deployed = any_deployed
    name = people.create("Editor", app_id=deployed.app_id)
    page = visitor.open()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))

    page.goto(deployed.url("/index.html#part"))
    await_login(page)
    assert page.url.startswith(server.url)
    authorize = next(parse_qs(urlsplit(url).query) for url in requested if "/authorize?" in url)
    assert authorize["code_challenge_method"] == ["S256"]

    log_in(page, name, "wrong")
    assert page.locator(ALERT).count() == 1
    assert page.input_value(USER_NAME) == name
    log_in(page, name)
    page.wait_for_url(deployed.url("/index.html#part"))
    assert page.title() == "Application"
    callback = next(parse_qs(urlsplit(url).query) for url in requested if "/callback?" in url)
    assert callback["state"] == authorize["state"]
    sessions = visitor.sessions()
    assert [each["httpOnly"] for each in sessions] == [True]

    # A role taken away disappears with the next refresh.
    assert deployed.status(page, "/app/edit/whoami()") == 200
    (collection,) = people.run_json("users", "show", name)["role_collections"]
    people.run_json("role-collections", "unassign", collection, "--user", name)
    give_up = time.monotonic() + 60
    while deployed.status(page, "/app/edit/whoami()") != 403:
        assert time.monotonic() < give_up
        time.sleep(0.2)
    assert deployed.status(page, "/app/anybody/whoami()") == 200

    page.goto(deployed.url("/do/logout"))
    assert page.url == deployed.url("/logged-out.html")
    assert visitor.sessions() == []
    # The session has ended on the server, not only in this browser.
    visitor.put(sessions)
    page.goto(deployed.url("/app/anybody/whoami()"))
    await_login(page)


def test_user_api_and_scopes(deployed: Deployed, people: People, browser: Browser) -> None:
    """M14, and CAP's @requires and @restrict behind the application router."""
    expected = {
        "Editor": {"/restricted/whoami()": 200, "/app/edit/whoami()": 200, "rows": 403},
        "CountryViewer": {"/restricted/whoami()": 403, "/app/edit/whoami()": 403, "rows": 200},
    }
    for template, statuses in expected.items():
        name = people.create(template, app_id=deployed.app_id)
        with visiting(browser) as visitor:
            page = visitor.open(deployed.url("/user-api/currentUser"))
            log_in(page, name)
            user = json.loads(page.inner_text("body"))
            assert user["name"] == name
            assert user["email"] == f"{name}@example.org"
            assert user["displayName"] == f"Anna Example ({name})"
            page.goto(deployed.url("/index.html"))
            attributes = deployed.json(page, "/user-api/attributes")
            # The application router appends the scopes of each refreshed token.
            assert set(attributes["scopes"]) == set(user["scopes"])
            for path, status in statuses.items():
                if path == "rows":
                    assert deployed.status(page, "/app/orders/Visible") == status
                else:
                    assert deployed.status(page, path) == status
            if statuses["rows"] == 200:
                rows = deployed.json(page, "/app/orders/Visible")["value"]
                assert [each["country"] for each in rows] == ["DE", "FR"]


def test_roles_and_attributes_restrict_entities(
    deployed: Deployed, people: People, browser: Browser
) -> None:
    """M11: CAP's @restrict for two users with different role collections."""
    expected = {"CountryViewer": (["DE", "FR"], 403), "Editor": (["DE", "FR", "US"], 200)}
    for template, (countries, status) in expected.items():
        name = people.create(template, app_id=deployed.app_id)
        with visiting(browser) as visitor:
            page = visitor.open(deployed.url("/index.html"))
            await_login(page)
            log_in(page, name)
            rows = deployed.json(page, "/app/management/Managed")["value"]
            assert [each["country"] for each in rows] == countries
            assert deployed.change(page, "/app/management/Managed(1)", country="DE") == status
    # Without either role the user is known, and reads nothing.
    with visiting(browser) as visitor:
        page = visitor.open(deployed.url("/index.html"))
        await_login(page)
        log_in(page, people.create())
        assert deployed.status(page, "/app/management/Managed") == 403


def test_a_second_application_needs_no_password(
    deployed: Deployed, people: People, visitor: Visitor
) -> None:
    """The session of the zone logs the user on; a deep link survives the login."""
    name = people.create()
    page = visitor.open(deployed.url("/app/anybody/whoami()"))
    log_in(page, name)
    assert f"{name} of" in page.inner_text("body")
    visitor.context.clear_cookies(name="JSESSIONID")
    page.goto(deployed.url("/app/anybody/whoami()"))
    assert f"{name} of" in page.inner_text("body")


def test_a_client_that_is_no_browser_sends_no_state(
    deployed: Deployed, people: People, browser: Browser
) -> None:
    """M2: the application router decides by the user agent; no PKCE either."""
    with visiting(browser, user_agent="tool/1") as visitor:
        page = visitor.open()
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(deployed.url("/app/anybody/whoami()"))
        name = people.create()
        log_in(page, name)
        assert f"{name} of" in page.inner_text("body")
        (authorize,) = (urlsplit(url).query for url in requested if "/authorize?" in url)
        assert parse_qs(authorize).keys() == {"response_type", "client_id", "redirect_uri"}
