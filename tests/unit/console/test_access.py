"""Why a user may do something or not, and who has a scope, on the pages of the console."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from sqlalchemy import update

from broker.authorization.decision.path import Removal
from broker.console.access.messages import MESSAGES
from broker.descriptor.parse import parse_descriptor
from broker.store.identity.client_settings import StoredClientSettings
from broker.store.tables.identity import shadow_user
from tests.support.rights import assign, decided_rights
from tests.support.statements import statements_of
from tests.support.user_grants import a_descriptor
from tests.support.users import stored_provider, stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.console_world import ConsoleWorld
    from tests.support.visitors import Reply

CLIENT = "sb-app!t1"


def explained(world: ConsoleWorld, name: str = "auditor", **query: str) -> Reply:
    """Open the page with the question."""
    return world.enter(name).get(f"/console/zones/{world.zone.guid}/access", **query)


def answer(page: Reply) -> str:
    """Return the first sentence of the page."""
    found = re.search(r'<p class="answer \w+">(.*?)</p>', page.text)
    assert found, page.text
    return html.unescape(found[1])


def commands(page: Reply) -> list[str]:
    """Return the commands and parts of descriptors that remedies consist of."""
    return [
        html.unescape(each)
        for each in re.findall(r"<pre[^>]*><code>(.*?)</code>", page.text, re.DOTALL)
    ]


def steps(page: Reply) -> list[tuple[str, str]]:
    """Return the classes and the texts of the steps."""
    found = re.findall(r'<li class="(broken|done)">(.*?)</li>', page.text, re.DOTALL)
    return [(state, " ".join(re.sub("<[^>]*>", " ", text).split())) for state, text in found]


def test_the_path_of_a_scope(world: ConsoleWorld) -> None:
    page = explained(world, user=world.user.name, client=CLIENT, scope="read")
    assert answer(page) == "ben (sap.default) may: tokens for sb-app!t1 contain app!t1.read."
    assert steps(page) == [
        ("done", "User ben sap.default"),
        ("done", "Role collection app readers assigned"),
        ("done", "Role Reader Reader · app!t1"),
        ("done", "Client app!t1"),
        ("done", "Scope app!t1.read"),
    ]


def test_a_scope_without_role(world: ConsoleWorld) -> None:
    page = explained(world, user=world.user.name, client=CLIENT, scope="openid")
    assert answer(page).endswith("contain openid.")
    assert ("done", "Role every user") in steps(page)


def test_names_of_the_same_question(world: ConsoleWorld) -> None:
    """A client id, application id, xsappname or instance; a scope as in a descriptor."""
    visitor, path = world.enter("auditor"), f"/console/zones/{world.zone.guid}/access"
    for user in (world.user.user_id, "ben", "BEN"):
        for client, scope in (
            (CLIENT, "read"),
            ("app!t1", "app!t1.read"),
            ("app", "$XSAPPNAME.read"),
        ):
            page = visitor.get(path, user=user, client=client, scope=scope)
            assert (
                answer(page) == "ben (sap.default) may: tokens for sb-app!t1 contain app!t1.read."
            )


def test_each_missing_link_with_its_remedy(world: ConsoleWorld) -> None:
    world.user_without_role  # noqa: B018 - creates the user and another role collection
    page = explained(world, name="admin", user="eve", client=CLIENT, scope="read")
    assert answer(page) == (
        "eve (sap.default) may not: tokens for sb-app!t1 do not contain app!t1.read."
    )
    at = f"--user eve --origin sap.default --zone {world.zone.guid}"
    assert commands(page) == [
        f"xsuaa-broker users activate eve --origin sap.default --zone {world.zone.guid}",
        f"xsuaa-broker role-collections assign 'app readers' {at}",
        f"xsuaa-broker role-collections assign more {at}",
    ]
    user = f"/console/zones/{world.zone.guid}/users/{world.user_without_role.user_id}"
    assert {
        f"{user}/activate",
        f"{user}/assign?collection=app+readers",
        f"{user}/assign?collection=more",
    } <= set(page.links)
    as_auditor = explained(world, user="eve", client=CLIENT, scope="read")
    assert f"{user}/activate" not in as_auditor.links
    assert commands(as_auditor) == commands(page)


def test_a_scope_that_nothing_contains(world: ConsoleWorld) -> None:
    page = explained(world, user=world.user.name, client=CLIENT, scope="app!t1.write")
    assert "Scope is not defined" in page.text
    assert "No role collection contains the scope" in page.text
    [descriptor, command, _preview] = commands(page)
    assert json.loads(descriptor) == {"scopes": [{"name": "$XSAPPNAME.write"}]}
    assert shlex.split(command)[:3] == ["xsuaa-broker", "role-collections", "add-role"]


def test_a_client_that_admits_no_user_of_the_provider(world: ConsoleWorld) -> None:
    """I-48, D-60: no token at all, whatever the roles are."""
    world.user  # noqa: B018 - a user with the scope
    given = {"allowedproviders": ["idp"], "grant-types": ["client_credentials"]}
    world.domain.update("app", a_descriptor("app") | {"oauth2-configuration": given})
    page = explained(world, user="ben", client=CLIENT, scope="read")
    assert "may not" in answer(page)
    assert "The user would get no token for this client." in page.text
    parts = [json.loads(each)["oauth2-configuration"] for each in commands(page)]
    assert parts == [
        {"grant-types": ["client_credentials", "authorization_code"]},
        {"allowedproviders": ["idp", "sap.default"]},
    ]
    resolved: dict[str, Any] = {"oauth2-configuration": {**parts[0], **parts[1]}}
    world.domain.update("app", a_descriptor("app") | resolved)
    assert "may:" in answer(explained(world, user="ben", client=CLIENT, scope="read"))


def test_all_scopes_of_an_application(world: ConsoleWorld) -> None:
    page = explained(world, user=world.user.name, client=CLIENT)
    assert answer(page) == "Tokens of ben (sap.default) for sb-app!t1 contain 2 of 2 scopes."
    page = explained(world, user=world.people["nobody"].name, client=CLIENT)
    assert answer(page) == "Tokens of nobody (sap.default) for sb-app!t1 contain 1 of 2 scopes."
    rows = list(
        csv.reader(io.StringIO(explained(world, user="nobody", client=CLIENT, format="csv").text))
    )
    assert rows[1:] == [["app!t1.read", "no", "NOT_HELD"], ["openid", "yes", "every_user"]]


def test_what_does_not_exist_is_named(world: ConsoleWorld) -> None:
    world.user  # noqa: B018 - a user of the name
    visitor, path = world.enter("auditor"), f"/console/zones/{world.zone.guid}/access"
    no_user = "Zone zone-1 has no user {} of the identity provider {}."
    for user, origin, client, scope, text in (
        ("zoe", "", CLIENT, "", no_user.format("zoe", "sap.default")),
        ("zoe", "idp", CLIENT, "", no_user.format("zoe", "idp")),
        ("a\x00b", "", CLIENT, "", no_user.format("a?b", "sap.default")),
        ("ben", "", "other", "", "Zone zone-1 has no application other: it is no client id"),
        ("ben", "", "\x00", "", "Zone zone-1 has no application ?:"),
        ("ben", "", "xsuaa!t1", "", "xsuaa!t1 is the built-in application of the zone"),
        ("ben", "", CLIENT, "\x00", "may not: tokens"),
        ("ben", "", CLIENT, "x" * 4000, "may not: tokens"),
        ("ben", "", CLIENT, "x" * 4001, "Tokens of ben"),
    ):
        page = visitor.get(path, user=user, origin=origin, client=client, scope=scope)
        assert (page.status, text in page.text) == (200, True), (user, client, page.text)


def test_users_of_the_name_at_another_provider_are_offered(world: ConsoleWorld) -> None:
    stored_provider(world.domain, world.zone, "idp", "Provider")
    stored_user(world.domain, world.zone, "zoe", origin="idp")
    page = explained(world, user="Zoe", client=CLIENT, scope="read")
    assert "but users of this name:" in page.text
    [link] = [each for each in page.links if "origin=idp" in each]
    found = world.enter("auditor").send("GET", link)
    assert "may not" in answer(found)


def test_several_applications_of_one_name(world: ConsoleWorld) -> None:
    """The xsappname of one is the name of another's service instance."""
    context = {
        "platform": "cloudfoundry",
        "organization_name": world.zone.subdomain,
        "instance_name": "both",
    }
    world.domain.provision("second", a_descriptor("second"), context=context)
    world.domain.provision("third", a_descriptor("both"))
    page = explained(world, user=world.user.name, client="both", scope="read")
    assert "State the application id: both!t1, second!t1." in page.text


def test_the_preview_is_what_a_token_contains(world: ConsoleWorld) -> None:
    grants = world.logins.grants
    user = grants.user
    client = grants.client.client
    page = explained(world, user=user.name, client=client.client_id)
    shown = json.loads(commands(page)[-1])
    settings = StoredClientSettings(world.domain.engine).of(client)
    rights = decided_rights(world.domain).of(user, client, settings)
    token = grants.tokens.issue(
        grants.client,
        grants.logon(user),
        rights,
        settings=settings,
        grant_type="password",
        parameters={},
    )
    issued = jwt.decode(token.access_token, options={"verify_signature": False})
    of_each = {"jti", "iat", "exp", "auth_time", "grant_type", "rev_sig"}
    assert {name: value for name, value in issued.items() if name not in of_each} == shown
    assert re.search(r"exp \((.*?) seconds later\)", page.text)
    assert "eyJ" not in page.text


def test_who_has_a_scope(world: ConsoleWorld) -> None:
    world.user  # noqa: B018 - has the scope by an assignment, others by a mapping
    nobody = world.people["nobody"]
    assign(world.domain, nobody, "app readers", expires_at=world.domain.clock.now())
    visitor = world.enter("auditor")
    path = f"/console/zones/{world.zone.guid}/access/scope"
    page = visitor.get(path, client="app", scope="read")
    assert world.user.name in page.text
    assert ">nobody<" not in page.text  # the assignment has ended
    assert "Mappings that give it" in page.text
    assert "is known with the logon of each user only" in page.text
    rows = csv.DictReader(
        io.StringIO(
            visitor.get(path, client="app", scope="read", format="csv").text.lstrip("\ufeff")
        )
    )
    [row] = list(rows)
    assert (row["User"], row["Role collection"], row["In tokens"]) == ("ben", "app readers", "yes")
    assert "No user matches" in visitor.get(path, client="app", scope="read", q="zoe").text
    assert "without a role" in visitor.get(path, client="app", scope="openid").text
    assert "has no application zoe" in visitor.get(path, client="zoe", scope="read").text
    assert "<table" not in visitor.get(path, client="app").text
    change = (
        update(shadow_user).where(shadow_user.c.id == world.user.row_id).values(is_active=False)
    )
    with world.domain.engine.begin() as connection:
        connection.execute(change)
    assert "No active user has the scope" in visitor.get(path, client="app", scope="read").text


def test_few_statements_however_many_users(world: ConsoleWorld) -> None:
    """No n+1: neither page reads more for more users, role collections and mappings."""
    users: list[User] = [stored_user(world.domain, world.zone, f"user{n:02}") for n in range(60)]
    for each in users:
        assign(
            world.domain,
            each,
            "app readers",
            expires_at=world.domain.clock.now() + timedelta(days=1),
        )
    visitor, base = world.enter("operator"), f"/console/zones/{world.zone.guid}/access"
    for path, query in (
        (base, {"user": "user01", "client": "app", "scope": "read"}),
        (base, {"user": "user01", "client": "app"}),
        (base, {"user": "user01", "client": "app", "scope": "other!t1.look"}),
        (base, {"user": "zoe", "client": "app", "scope": "read"}),
        (f"{base}/scope", {"client": "app", "scope": "read"}),
        (f"{base}/scope", {"client": "app", "scope": "read", "format": "csv"}),
    ):
        visitor.get(path, **query)
        with statements_of(world.domain.engine) as statements:
            assert visitor.get(path, **query).status == 200
        found = [each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]
        assert len(found) <= 6, (query, found)
    first = visitor.get(f"{base}/scope", client="app", scope="read")
    assert (">user00<" in first.text, ">user59<" in first.text) == (True, False)
    last = visitor.get(f"{base}/scope", client="app", scope="read", page="2")
    assert (">user00<" in last.text, ">user59<" in last.text) == (False, True)
    exported = visitor.get(f"{base}/scope", client="app", scope="read", format="csv").text
    assert exported.count("app readers") == 60


def test_who_may_ask(world: ConsoleWorld) -> None:
    query = {"user": world.user.name, "client": CLIENT, "scope": "read"}
    found = {
        name: explained(world, name=name, **query).status
        for name in ("operator", "admin", "auditor", "nobody", "stranger")
    }
    assert found == {"operator": 200, "admin": 200, "auditor": 200, "nobody": 403, "stranger": 404}


def test_pages_of_users_collections_and_instances_lead_here(world: ConsoleWorld) -> None:
    visitor, zone = world.enter("auditor"), f"/console/zones/{world.zone.guid}"
    access = f"{zone}/access"
    assert access in visitor.get("/console").links
    assert (
        f"{access}?user={world.user.user_id}"
        in visitor.get(f"{zone}/users/{world.user.user_id}").links
    )
    assert (
        f"{access}?client=app%21t1"
        in visitor.get(f"{zone}/role-collections/one", name="app readers").links
    )
    assert f"{access}?client=sb-app%21t1" in visitor.get("/console/instances/app").links


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_reason_has_texts(language: str) -> None:
    for removal in Removal:
        for kind in ("missing", "fix"):
            assert MESSAGES[language].get(f"access.{kind}.{removal.name}"), (kind, removal)


def test_parts_of_descriptors_are_valid(world: ConsoleWorld) -> None:
    """What a page proposes for an xs-security.json is accepted there."""
    texts = [
        text
        for scope in ("app!t1.write", "xs_user.read", "profile", "other!t1.look")
        for text in commands(explained(world, user=world.user.name, client=CLIENT, scope=scope))
        if text.startswith("{") and "ext_attr" not in text
    ]
    assert len(texts) == 4
    for text in texts:
        parse_descriptor({"xsappname": "app", **json.loads(text)})
