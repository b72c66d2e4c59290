"""Why does the application answer 403? Explained and resolved in the console of a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from tests.browser.clicks import entered
from tests.browser.login_form import log_in
from tests.support.application import claims_of, fetch_token
from tests.support.browser import visiting
from tests.support.people import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser.clicks import Clicks
    from tests.support.application import Credentials
    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server


def scopes_of(credentials: Credentials, user: str) -> list[str]:
    """Return the scopes of the user's next token."""
    reply = fetch_token(credentials, grant_type="password", username=user, password=PASSWORD)
    return list(claims_of(reply)["scope"])


def explain(clicks: Clicks, user: str, client: str, scope: str) -> str:
    """Ask about the scope from the start page, and return the first sentence."""
    clicks("Explain access")
    for field, text in (("user", user), ("client", client), ("scope", scope)):
        clicks.page.fill(f"#{field}", text)
    clicks("Explain", "button")
    return clicks.page.locator(".answer").inner_text()


def test_an_administrator_explains_a_403_and_resolves_it(
    server: Server, people: People, credentials: Credentials, visitor: Visitor
) -> None:
    """In four clicks from the start page, the assignment included."""
    app_id, client = credentials["xsappname"], credentials["clientid"]
    people.create("Editor", app_id=app_id)  # whose role collection has the scope
    user, scope = people.create(), f"{app_id}.Edit"
    assert scope not in scopes_of(credentials, user)
    clicks = entered(server, people, visitor, ADMINISTRATORS)
    answer = explain(clicks, user, client, "Edit")
    assert answer == f"{user} (sap.default) may not: tokens for {client} do not contain {scope}."
    assert (
        clicks.page.locator(".gap").first.inner_text().startswith("Role collection is not assigned")
    )
    clicks("Assign a role collection")
    clicks("Assign", "button")
    assert clicks.page.get_by_role("status").inner_text() == "The role collection is assigned."
    assert clicks.made == ["Explain access", "Explain", "Assign a role collection", "Assign"]
    assert scope in scopes_of(credentials, user)


def test_an_auditor_explains_and_lists_without_buttons_of_changes(
    server: Server, people: People, credentials: Credentials, visitor: Visitor
) -> None:
    app_id, client = credentials["xsappname"], credentials["clientid"]
    editor, user = people.create("Editor", app_id=app_id), people.create()
    clicks = entered(server, people, visitor, VIEWERS)
    assert "may not" in explain(clicks, user, client, f"{app_id}.Edit")
    page = clicks.page
    assert page.get_by_role("link", name="Assign a role collection").count() == 0
    assert f"--user {user}" in page.locator(".gap").first.inner_text()
    clicks("Who has this scope")
    page.fill("#q", editor)
    clicks("Apply", "button")
    assert page.locator("tbody tr").first.inner_text().startswith(editor)
    assert page.locator("tbody tr").first.get_by_text("yes", exact=True).count() == 1
    page.get_by_role("link", name=f"Explain {editor}").click()
    assert page.locator(".answer").inner_text() == (
        f"{editor} (sap.default) may: tokens for {client} contain {app_id}.Edit."
    )
    assert '"scope"' in page.locator("pre").last.inner_text()


def test_a_user_without_role_is_refused(browser: Browser, server: Server, people: People) -> None:
    with visiting(browser) as other:
        page = other.open(f"{server.url}/console/login?zone={people.zone}")
        log_in(page, people.create())
        assert page.get_by_role("link", name="Explain access").count() == 0
        page.goto(f"{server.url}/console/zones/{people.zone}/access?user=anna&client=app")
        assert page.title().startswith("You are not allowed to do that")
