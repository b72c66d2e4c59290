"""Who did it: an auditor asks the audit trail of the console, with a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from tests.browser.clicks import Clicks, entered
from tests.clients.service_instance import ServiceInstance
from tests.support.browser import visiting
from tests.support.platform import PlatformClient, a_descriptor, credential_types

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server


def user_of(page: Page) -> str:
    """Return the name of the user who is logged in."""
    return page.locator(".user b").inner_text()


def first_event(page: Page) -> list[str]:
    """Return the texts of the newest event in the list, without the time."""
    cells = page.locator("tbody tr").first.locator("td")
    return [" ".join(each.split()) for each in cells.all_inner_texts()[1:]]


def test_an_auditor_finds_who_changed_a_role_last_week(
    browser: Browser, server: Server, people: People, visitor: Visitor
) -> None:
    user = people.create()
    with visiting(browser) as other:
        clicks = entered(server, people, other, ADMINISTRATORS)
        administrator, page = user_of(clicks.page), clicks.page
        page.goto(f"{server.url}/console/zones/{people.zone}/users?q={user}")
        clicks(user)
        clicks("Assign a role collection")
        page.fill("[name=collection]", VIEWERS)
        clicks("Assign", "button")
        assert page.get_by_role("status").inner_text() == "The role collection is assigned."
    clicks = entered(server, people, visitor, VIEWERS)
    clicks("Audit trail")
    clicks("Roles")
    clicks.page.select_option("#days", "7")
    clicks.page.fill("#subject", user)
    clicks("Apply", "button")
    assert first_event(clicks.page)[:4] == [
        *("assign-role-collection", f"{administrator} user", f"{user} user"),
        f"collection {VIEWERS}",
    ]
    clicks("assign-role-collection")
    facts = clicks.page.locator("dl.facts").first.inner_text()
    for text in (administrator, user, VIEWERS, "Exact time", "Correlation id"):
        assert text in facts
    assert visitor.complaints == []


def test_an_administrator_finds_who_revoked_a_binding(
    server: Server, people: People, visitor: Visitor
) -> None:
    types = credential_types("binding-secret")
    platform = PlatformClient(server.url, server.user, server.password)
    owned = ServiceInstance(platform).create(a_descriptor(oauth2_configuration=types))
    binding = owned.create_key().binding_id
    clicks = entered(server, people, visitor, ADMINISTRATORS)
    page = clicks.page
    page.goto(f"{server.url}/console/instances/{owned.instance_id}/binding?binding={binding}")
    link = "Events in the audit trail"
    clicks(link)
    assert page.locator("tbody tr").count() == 1
    assert first_event(page)[0] == "bind"
    page.go_back()
    page.fill("input[name=confirm]", binding)
    clicks("Revoke credential", "button")
    clicks(link)
    assert first_event(page)[:3] == [
        *("unbind", f"{user_of(page)} user", f"{binding} service-binding")
    ]
    assert page.get_by_role("link", name=binding).count() == 0
    assert visitor.complaints == []


def test_a_filter_is_cleared_and_the_csv_file_has_the_selection(
    server: Server, people: People, visitor: Visitor
) -> None:
    clicks: Clicks = entered(server, people, visitor, VIEWERS)
    page = clicks.page
    clicks("Audit trail")
    page.fill("#actor", user_of(page))
    clicks("Apply", "button")
    assert first_event(page)[0] == "log-in"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    lines = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(lines) == page.locator("tbody tr").count() + 1
    page.fill("#actor", "nobody of this name")
    clicks("Apply", "button")
    assert "No event matches." in page.inner_text("main")
    clicks("Clear")
    assert page.locator("tbody tr").count() > 0
    assert page.input_value("#actor") == ""
