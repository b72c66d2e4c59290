"""One host per zone over https: the application router with ``tenant-mode`` shared."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

import pytest

from tests.browser.application import Application
from tests.browser.login_form import PASSWORD_FIELD, SUBMIT, USER_NAME, await_login, log_in
from tests.clients.approuter import Approuter
from tests.clients.service_instance import ServiceInstance
from tests.support.browser import frame_refusal, visiting, with_ports
from tests.support.people import PASSWORD, displaying_users, people_of
from tests.support.platform import PlatformClient
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from tests.support.application import Credentials
    from tests.support.people import People

DOMAIN = "authentication.example.org"
APPLICATION = "app.example.net"
EVIL = "https://evil.example.org"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(
        tmp_path_factory.mktemp("zones"),
        workers=1,
        XSUAA_PUBLIC_URL=f"https://{{zone}}.{DOMAIN}",
        XSUAA_CERT_URL="https://{zone}.authentication.cert.example.org",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def people(server: Server, credentials: Credentials) -> People:
    return people_of(server, credentials)


@pytest.fixture(scope="module")
def credentials(server: Server) -> Credentials:
    platform = PlatformClient(server.url, server.user, server.password)
    configuration = {"redirect-uris": [f"https://*.{APPLICATION}/**"]}
    descriptor = displaying_users() | {
        "tenant-mode": "shared",
        "oauth2-configuration": configuration,
    }
    return ServiceInstance(platform).create(descriptor).create_key().credentials


def test_login_and_logout_at_the_host_of_the_zone(
    server: Server, credentials: Credentials, people: People, browser: Browser, tmp_path: Path
) -> None:
    """I-81, I-82: names, cookies and redirect URIs as in production."""
    name = people.create()
    zone = credentials["identityzone"]
    approuter = Approuter(
        credentials,
        "http://localhost:9",
        server.ca_file,
        tmp_path / "approuter.log",
        server.directory / "var" / "server-with-key.pem",
        HTTPS_PORT=str(server.tls_port),
        TENANT_HOST_PATTERN=rf"^([^.]+)\.{APPLICATION}$",
    )
    ports = {f"*.{DOMAIN}": server.tls_port, f"*.{APPLICATION}": approuter.port}
    with (
        approuter,
        with_ports(browser, ports) as here,
        visiting(here) as visitor,
    ):
        page = visitor.open(f"https://{zone}.{APPLICATION}/user-api/currentUser")
        await_login(page)
        assert page.url.startswith(f"https://{zone}.{DOMAIN}/oauth/authorize?")
        log_in(page, name)
        assert json.loads(page.inner_text("body"))["name"] == name
        (session,) = visitor.sessions()
        assert session["domain"] == f"{zone}.{DOMAIN}"
        assert session["name"].startswith("__Host-xs-session-")
        assert (session["secure"], session["httpOnly"], session["sameSite"]) == (True, True, "Lax")
        page.goto(f"https://{zone}.{APPLICATION}/do/logout")
        assert page.url == f"https://{zone}.{APPLICATION}/logged-out.html"
        page.goto(f"https://{zone}.{APPLICATION}/user-api/currentUser")
        await_login(page)
        # Another zone's host refuses the client (I-62).
        other = page.url.replace(f"https://{zone}.", "https://other.")
        refused = page.goto(other)
        assert refused is not None
        assert refused.status == 404
        assert visitor.complaints == []


@pytest.fixture
def framing_portal(server: Server, people: People) -> Iterator[str]:
    """An origin that may show the zone's pages in frames."""
    origin = "https://portal.example.net"
    server.command("zones", "set", people.zone, "--iframe-domain", origin)
    yield origin
    server.command("zones", "set", people.zone, "--no-iframe-domains")


def test_a_session_survives_a_change_of_the_framing_origins(
    server: Server, credentials: Credentials, people: People, browser: Browser, site: str
) -> None:
    """I-87, I-101: a partitioned cookie replaces the unpartitioned one of the same name."""
    application = Application(credentials, f"{site}/callback")
    name, silent = people.create(), application.authorize_url(prompt="none")
    with (
        with_ports(browser, {f"*.{DOMAIN}": server.tls_port}) as here,
        visiting(here) as visitor,
    ):
        page = visitor.open(application.authorize_url())
        log_in(page, name)
        framing = "--iframe-domain", "https://portal.example.net"
        for options in (framing, ("--no-iframe-domains",)):
            server.command("zones", "set", people.zone, *options)
            page.goto(application.authorize_url(prompt="login"))
            log_in(page, name)
            assert len(visitor.sessions()) == 1
            page.goto(silent)
            assert "code=" in page.url
        page.goto(f"{credentials['url']}/logout.do?client_id={credentials['clientid']}")
        assert visitor.sessions() == []
        page.goto(silent)
        assert "error=login_required" in page.url


def test_only_listed_origins_can_frame_the_pages(
    server: Server, framing_portal: str, credentials: Credentials, people: People, browser: Browser
) -> None:
    """I-87, TH-16: a login in a frame of the listed origin; elsewhere the frame stays blank."""
    application = Application(credentials, f"https://any.{APPLICATION}/login/callback")
    with (
        with_ports(browser, {f"*.{DOMAIN}": server.tls_port}) as here,
        visiting(here) as visitor,
    ):
        framed = application.authorize_url()
        framing = f'<!doctype html><iframe src="{escape(framed)}"></iframe>'
        for origin in (framing_portal, EVIL):
            visitor.context.route(
                f"{origin}/",
                lambda route: route.fulfill(body=framing, content_type="text/html"),
            )
        page = visitor.open(f"{framing_portal}/")
        frame = page.frame_locator("iframe")
        frame.locator(USER_NAME).fill(people.create())
        frame.locator(PASSWORD_FIELD).fill(PASSWORD)
        with page.expect_request(f"{application.redirect_uri}?code=*"):
            frame.locator(SUBMIT).click()
        (session,) = visitor.sessions()
        assert (session["sameSite"], session["partitionKey"]) == ("None", "https://example.net")

        assert frame_refusal(visitor.open(), f"{EVIL}/", framed) == "net::ERR_BLOCKED_BY_RESPONSE"
