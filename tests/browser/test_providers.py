"""Users of npm oidc-provider: its groups give role collections, and those give scopes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import requests
from sqlalchemy import update

from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from broker.store.tables.user_grants import user_session
from tests.browser.application import Application, a_site
from tests.clients.approuter import Approuter
from tests.clients.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider
from tests.clients.service_instance import ServiceInstance
from tests.support.application import token_claims
from tests.support.people import displaying_users
from tests.support.platform import PlatformClient, a_guid
from tests.support.server_store import store_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.support.application import Credentials
    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server

USERS = {
    "berta": {
        "email": "berta@example.org",
        "given_name": "Berta",
        "family_name": "Example",
        "groups": ["editors", "all"],
        "department": "Sales",
    },
    "carl": {"email": "carl@example.org", "groups": ["all"]},
}


@pytest.fixture(scope="module")
def instance(server: Server) -> ServiceInstance:
    platform = PlatformClient(server.url, server.user, server.password)
    reading = {"foreign-scope-references": ["user_attributes"]}
    return ServiceInstance(platform).create(displaying_users() | reading)


@pytest.fixture(scope="module", params=["claims in the id_token", "claims in userinfo"])
def provider(
    request: pytest.FixtureRequest,
    server: Server,
    people: People,
    credentials: Credentials,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The origin of a provider whose group of editors may edit."""
    origin = f"company-{a_guid()[:8]}"
    with OidcProvider(
        f"{server.url}/login/callback/{origin}",
        f"{server.url}/logout.do",
        USERS,
        tmp_path_factory.mktemp("provider") / "provider.log",
        in_id_token=request.param == "claims in the id_token",
    ) as running:
        configuration = {
            "attributeMappings": {
                "user_name": "sub",
                "email": "email",
                "given_name": "given_name",
                "family_name": "family_name",
                "user.attribute.groups": ["groups"],
                "user.attribute.department": "department",
            },
            "scopes": ["openid", "email", "profile", "groups"],
        }
        file = tmp_path_factory.mktemp("configuration") / "provider.json"
        file.write_text(json.dumps(configuration | {"relyingPartySecret": CLIENT_SECRET}))
        people.run_json(
            *("providers", "add", origin, "--issuer", running.issuer, "--client-id", CLIENT_ID),
            *("--name", "Company", "--file", str(file)),
        )
        collection = f"Editors {a_guid()[:8]}"
        people.run_json("role-collections", "create", collection)
        app_id = credentials["xsappname"]
        people.run_json(
            *("role-collections", "add-role", collection, "--app", app_id),
            *("--template", "Editor", "--role", "Editor"),
        )
        people.run_json(
            "role-collections", "map", collection, "--origin", origin, "--group", "editors"
        )
        yield origin
        people.run_json("providers", "delete", origin, "--yes")


def log_in_at_provider(page: Page, name: str) -> None:
    """Submit the login form of oidc-provider."""
    page.fill("input[name=login]", name)
    page.fill("input[name=password]", "any")
    page.click("button.login-submit")


def test_groups_give_scopes(provider: str, application: Application, visitor: Visitor) -> None:
    """I-38…I-44: both places of claims."""
    page = visitor.open(application.authorize_url())
    # A local login is offered beside the provider.
    page.get_by_role("button", name="Company").click()
    log_in_at_provider(page, "berta")
    token = application.token(page)
    claims = token_claims(token)
    edit = f"{application.credentials['xsappname']}.Edit"
    assert claims["origin"] == provider
    assert claims["user_name"] == "berta"
    assert claims["email"] == "berta@example.org"
    assert claims["given_name"] == "Berta"
    assert edit in claims["scope"]
    assert claims["xs.system.attributes"]["xs.saml.groups"] == ["editors", "all"]
    # What the application router's user API reads (M14).
    info = requests.get(
        f"{application.credentials['url']}/userinfo",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    assert info.json()["user_attributes"]["department"] == ["Sales"]


@pytest.fixture(params=["binding-secret", "x509"])
def binding(request: pytest.FixtureRequest, instance: ServiceInstance) -> Credentials:
    """The credentials of a binding of each type."""
    return instance.create_key(request.param).credentials


def test_the_application_router_shows_the_attributes_of_the_provider(
    provider: str, binding: Credentials, server: Server, visitor: Visitor, tmp_path: Path
) -> None:
    """M3, M14: also with a token that is bound to the certificate (decision 0061)."""
    tokens: list[str] = []
    with (
        a_site({}, tokens=tokens) as backend,
        Approuter(binding, backend, server.ca_file, tmp_path / "approuter.log") as approuter,
    ):
        page = visitor.open(f"{approuter.url}/user-api/attributes")
        page.get_by_role("button", name="Company").click()
        log_in_at_provider(page, "berta")
        page.wait_for_url(f"{approuter.url}/**")
        found = json.loads(page.inner_text("body"))
        assert found["name"] == "berta"
        assert found["department"] == ["Sales"]
        page.goto(f"{approuter.url}/app/")
        claims = token_claims(tokens[-1])
        assert claims["origin"] == provider
        assert ("cnf" in claims) == ("certificate" in binding)


def test_a_hint_leads_to_the_provider_and_logout_returns(
    provider: str, application: Application, visitor: Visitor
) -> None:
    """I-47: as approuter's ``idp``; I-50: the provider's session ends as well."""
    page = visitor.open(application.authorize_url(idp=provider))
    log_in_at_provider(page, "carl")
    claims = application.claims(page)
    assert f"{application.credentials['xsappname']}.Edit" not in claims["scope"]
    page.goto(
        f"{application.credentials['url']}/logout.do?client_id={application.credentials['clientid']}"
        f"&redirect={application.redirect_uri}"
    )
    page.click("button[name=logout]")
    page.wait_for_url(f"{application.redirect_uri}**")
    page.goto(application.authorize_url(idp=provider))
    assert page.locator("input[name=login]").count() == 1


def test_a_dangerous_action_in_the_console_demands_another_logon_there(
    provider: str, people: People, server: Server, visitor: Visitor
) -> None:
    """I-86: the provider, which has a session, asks again, and the form is as it was."""
    user = people.create()
    page = visitor.open(f"{server.url}/console/login?zone={people.zone}")
    page.get_by_role("button", name="Company").click()
    log_in_at_provider(page, "berta")
    page.wait_for_url(f"{server.url}/console")
    for options in (["--user", people.create()], ["--user", "berta", "--origin", provider]):
        people.run_json("role-collections", "assign", ADMINISTRATORS, *options)
    page.goto(f"{server.url}/console/zones/{people.zone}/users?q={user}")
    page.get_by_role("link", name=user).click()
    page.get_by_role("link", name="Assign a role collection").click()
    page.fill("#collection", VIEWERS)
    page.fill("#note", "Ticket 7")
    with store_of(server) as store, store.engine.begin() as connection:
        earlier = datetime.now(UTC) - timedelta(minutes=6)
        connection.execute(update(user_session).values(auth_time=earlier))
    page.get_by_role("button", name="Assign").click()
    page.get_by_role("button", name="Company").click()
    log_in_at_provider(page, "berta")
    page.wait_for_url(f"{server.url}/console/zones/{people.zone}/users/**")
    assert (page.input_value("#collection"), page.input_value("#note")) == (VIEWERS, "Ticket 7")
    page.get_by_role("button", name="Assign").click()
    assert page.get_by_role("status").inner_text() == "The role collection is assigned."
    assert VIEWERS in json.dumps(people.run_json("users", "show", user))
