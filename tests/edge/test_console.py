"""The console over HTTP: operators, and the dashboard URL of a service instance."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.application import token_status
from tests.support.login_browser import LoginBrowser, form_to, forms_of
from tests.support.login_world import LoginWorld
from tests.support.people import PASSWORD
from tests.support.platform import a_descriptor, a_guid

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient
    from tests.support.server import Server


def an_operator(server: Server) -> str:
    """Return the name of a new operator with the usual password."""
    name = f"operator-{a_guid()[:8]}"
    server.command(
        *("operators", "create-admin", "--name", name, "--email", f"{name}@example.org"),
        "--password-stdin",
        stdin=PASSWORD,
    )
    return name


def test_an_operator_follows_the_dashboard_url(server: Server, platform: PlatformClient) -> None:
    """I-165, D-56: from the platform's link to the page of the instance, and to every zone."""
    name, instance = an_operator(server), a_guid()
    url = platform.provision(instance, a_descriptor()).json()["dashboard_url"]
    browser = LoginBrowser(server.url)
    choice = browser.get(urlsplit(url).path)
    as_operator = next(form for form in forms_of(choice) if form.fields.get("as") == "operator")
    page = browser.get(as_operator.action, params=as_operator.fields)
    response = browser.log_on(page, name, PASSWORD)
    assert (response.status_code, response.headers["Location"]) == (303, urlsplit(url).path)
    shown = browser.get(urlsplit(url).path)
    assert (shown.status_code, instance in shown.text) == (200, True)
    zones = browser.get("/console/zones")
    assert zones.status_code == 200
    logout = form_to(zones, "/console/logout")
    assert browser.submit(logout).headers["Location"] == "/console/login?done=logged_out"
    assert {form.action for form in forms_of(browser.get("/console/zones"))} == {"/console/login"}


def test_users_without_role_see_their_own_pages(server: Server, platform: PlatformClient) -> None:
    world = LoginWorld.create(server, platform)
    browser = world.browser()
    page = browser.get("/console/login", params={"zone": world.zone})
    assert browser.log_on(page, world.user_name, PASSWORD).headers["Location"] == "/console"
    start = browser.get("/console")
    assert "Your user has no role in this console." in start.text
    assert browser.get(f"/console/zones/{world.zone}/users").status_code == 403
    own = browser.get("/console/account")
    assert (own.status_code, world.user_name in own.text) == (200, True)


def test_a_failing_client_appears_on_the_overview(server: Server, platform: PlatformClient) -> None:
    """With the reason, within seconds: processes add what they have refused to the database."""
    name, instance = an_operator(server), a_guid()
    platform.provision(instance, a_descriptor())
    credentials = platform.bind(instance, a_guid()).json()["credentials"]
    for _ in range(3):
        assert token_status({**credentials, "clientsecret": "wrong"}) == 401
    browser = LoginBrowser(server.url)
    browser.log_on(browser.get("/console/login", params={"as": "operator"}), name, PASSWORD)
    zone, application = credentials["identityzoneid"], credentials["xsappname"]
    path = f"/console/zones/{zone}/overview/failing?q={application}"
    give_up = time.monotonic() + 60
    while f"/console/instances/{instance}" not in (shown := browser.get(path).text):
        assert time.monotonic() < give_up, shown
        time.sleep(0.2)
    assert re.search(r"<code>[a-z ]*(credential|secret)[a-z ]*</code>", shown)
    assert browser.get(f"/console/zones/{zone}/overview").status_code == 200
    assert browser.get("/console/overview").status_code == 200


def test_the_audit_trail_has_what_the_server_recorded(
    server: Server, platform: PlatformClient
) -> None:
    """The operator finds an instance's events, the exact event, and the command's."""
    name, instance = an_operator(server), a_guid()
    platform.provision(instance, a_descriptor())
    browser = LoginBrowser(server.url)
    page = browser.get("/console/login", params={"as": "operator"})
    browser.log_on(page, name, PASSWORD)
    command = server.command("audit", "list", "--json", "--instance", instance)
    [recorded] = map(json.loads, command.stdout.splitlines())
    listed = browser.get("/console/audit", params={"instance": instance})
    assert f"/console/audit/{recorded['id']}" in listed.text
    shown = browser.get(f"/console/audit/{recorded['id']}")
    assert shown.status_code == 200
    for text in ("provision", instance, recorded["zone"], recorded["correlation_id"]):
        assert text in shown.text
    path = f"/console/zones/{recorded['zone']}/audit"
    file = browser.get(path, params={"format": "csv", "instance": instance})
    [heading, line] = csv.reader(io.StringIO(file.content.decode("utf-8-sig")))
    assert (heading[-1], line[-1]) == ("Id of the event", recorded["id"])
    with_id = server.command("audit", "show", recorded["id"], "--json").stdout
    assert json.loads(with_id) == recorded
