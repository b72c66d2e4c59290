"""What only the operator does: approve an application, apply an update; others see no button."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from tests.browser.login_form import log_in
from tests.clients.service_instance import ServiceInstance
from tests.support.application import token_status
from tests.support.people import PASSWORD
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server

SCOPES = ["xs_authorization.read", "xs_user.read"]


def created(server: Server, **parts: Any) -> ServiceInstance:
    platform = PlatformClient(server.url, server.user, server.password)
    return ServiceInstance(platform).create(a_descriptor(**parts))


def as_operator(server: Server, visitor: Visitor) -> Page:
    """Return the start page of a new operator."""
    name = f"operator-{a_guid()[:8]}"
    server.command(
        *("operators", "create-admin", "--name", name, "--email", f"{name}@example.org"),
        "--password-stdin",
        stdin=PASSWORD,
    )
    page = visitor.open(f"{server.url}/console/login?as=operator")
    log_in(page, name)
    return page


def as_user(server: Server, people: People, visitor: Visitor, collection: str) -> Page:
    """Return the start page of a new user with this role collection."""
    name = people.create()
    people.run_json("role-collections", "assign", collection, "--user", name)
    page = visitor.open(f"{server.url}/console/login?zone={people.zone}")
    log_in(page, name)
    return page


def follow(page: Page, name: str | re.Pattern[str], role: str = "link") -> None:
    """Click a link or a button."""
    found = page.get_by_role("link" if role == "link" else "button", name=name)
    with page.expect_navigation():
        found.first.click()


def open_applicant(page: Page, overview: str, application: str) -> None:
    """Go from the start page to the application that waits for an approval."""
    follow(page, overview)
    follow(page, re.compile("All waiting approvals"))
    page.fill("#q", application)
    follow(page, "Apply", "button")
    follow(page, application)


def test_the_operator_approves_the_scopes_that_the_page_shows(
    server: Server, visitor: Visitor
) -> None:
    instance = created(server, foreign_scope_references=SCOPES)
    application = instance.create_key().credentials["xsappname"]
    page = as_operator(server, visitor)
    open_applicant(page, "Overview of all zones", application)
    shown = page.get_by_role("listitem").filter(has_text="waiting").locator("code")
    assert shown.all_inner_texts() == SCOPES
    changed = instance.platform.fetch(instance.instance_id).json()["parameters"]
    instance.update(changed | {"foreign-scope-references": [*SCOPES, "xs_user.write"]})
    follow(page, "Approve these scopes", "button")
    assert "nothing was approved" in page.get_by_role("alert").inner_text()
    assert shown.all_inner_texts() == [*SCOPES, "xs_user.write"]
    follow(page, "Approve these scopes", "button")
    assert page.get_by_role("status").inner_text().startswith("The application is approved.")
    assert page.get_by_role("link", name=application).count() == 0


@pytest.mark.parametrize("collection", [ADMINISTRATORS, VIEWERS])
def test_others_see_a_request_without_a_button(
    server: Server, people: People, visitor: Visitor, collection: str
) -> None:
    key = created(server, foreign_scope_references=SCOPES).create_key()
    page = as_user(server, people, visitor, collection)
    open_applicant(page, "Overview", key.credentials["xsappname"])
    main = page.locator("main")
    assert "Only the operator of the broker can approve them." in main.inner_text()
    assert main.get_by_role("button").count() == 0


def test_the_operator_applies_what_was_previewed(server: Server, visitor: Visitor) -> None:
    types = credential_types("binding-secret", "instance-secret")
    instance = created(server, oauth2_configuration=types)
    shared, own = instance.create_key("instance-secret"), instance.create_key("binding-secret")
    page = as_operator(server, visitor)
    page.goto(f"{server.url}/console/instances/{instance.instance_id}/update")
    page.uncheck("input[name=instance-secret]")
    follow(page, "Show what would break", "button")
    assert page.get_by_role("link", name=shared.binding_id).count() == 1
    assert page.get_by_role("link", name=own.binding_id).count() == 0
    page.fill("#confirm", "another")
    follow(page, "Apply the update", "button")
    assert "Nothing was changed." in page.get_by_role("alert").inner_text()
    assert (token_status(shared.credentials), token_status(own.credentials)) == (200, 200)
    page.fill("#confirm", "my-uaa")
    follow(page, "Apply the update", "button")
    assert page.get_by_role("status").inner_text() == "The service instance was updated."
    assert (token_status(shared.credentials), token_status(own.credentials)) == (401, 200)


@pytest.mark.parametrize("collection", [ADMINISTRATORS, VIEWERS])
def test_others_preview_an_update_without_a_button(
    server: Server, people: People, visitor: Visitor, collection: str
) -> None:
    types = credential_types("binding-secret", "instance-secret")
    instance = created(server, oauth2_configuration=types)
    page = as_user(server, people, visitor, collection)
    page.goto(f"{server.url}/console/instances/{instance.instance_id}/update")
    page.uncheck("input[name=instance-secret]")
    follow(page, "Show what would break", "button")
    assert page.get_by_role("button", name="Apply the update").count() == 0
    page.goto(f"{server.url}/console/instances/{instance.instance_id}/update/apply")
    assert page.title().startswith("You are not allowed to do that")
