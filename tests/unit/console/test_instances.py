"""The pages about service instances: who uses what, what would break, and the changes."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from sqlalchemy import select

from broker.audit.search import AuditFilter
from broker.credentials.usage import Usage
from broker.store.credentials.usage import write_usage
from broker.store.credentials.usage_history import write_daily_count
from broker.store.reports.audit_trail import audit_events
from broker.store.tables.core import credential, service_binding
from tests.support.console_world import ConsoleWorld
from tests.support.statements import statements_of
from tests.support.user_grants import a_descriptor

if TYPE_CHECKING:
    from tests.support.domain import Domain
    from tests.support.visitors import Reply, Visitor

ALL = "/console/instances"
ONE = f"{ALL}/app"
SHARED = {"credential-type": "instance-secret"}


@pytest.fixture
def world(on_sqlite: Domain) -> ConsoleWorld:
    """A console with an instance that has bindings of two types."""
    world = ConsoleWorld(on_sqlite)
    assert world.binding
    return world


def use(world: ConsoleWorld, binding_id: str | None, number: int = 3) -> None:
    """Record uses of the credential of a binding, of the instance secret for None."""
    with world.domain.engine.connect() as connection:
        query = select(credential.c.id).outerjoin(
            service_binding, service_binding.c.id == credential.c.binding_row_id
        )
        row_id = connection.execute(
            query.where(service_binding.c.binding_id == binding_id)
        ).scalar_one()
    usage = Usage()
    for _ in range(number):
        usage.accept(world.domain.clock.now(), by_previous_secret=False)
    usage.refuse(world.domain.clock.now())
    assert write_usage(world.domain.engine, {row_id: usage}) == {}


def credentials(world: ConsoleWorld, binding_id: str) -> dict[str, Any]:
    return dict(world.domain.bind("app", binding_id, app_guid="guid"))


def confirm(visitor: Visitor, url: str, name: str, **fields: str) -> Reply:
    page = visitor.send("GET", url)
    assert page.status == 200, page.text
    token = page.form("/console/logout").fields["csrf"]
    return visitor.post(url, {"csrf": token, "confirm": name, **fields})


def test_who_still_uses_the_instance_secret(world: ConsoleWorld) -> None:
    use(world, world.binding, 1234)
    visitor = world.enter("auditor")
    page = visitor.get(ONE)
    assert 'aria-current="step"' in page.text
    assert "M2 Own credentials" in page.text
    assert {f"{ONE}/update", f"{ONE}/secret", f"{ONE}/binding"} <= {
        each.partition("?")[0] for each in page.links
    }
    assert "1,234" not in visitor.get(ONE, type="instance-secret").text
    assert "app-binding" in visitor.get(ONE, type="instance-secret").text
    assert "app-binding" not in visitor.get(ONE, type="x509").text
    assert "Clear" in visitor.get(ONE, q="nothing").text
    listed = visitor.get(f"/console/zones/{world.zone.guid}/instances").text
    assert "just now" in listed
    exported = visitor.get(ONE, format="csv", sort="used")
    first, *_ = csv.DictReader(io.StringIO(exported.text.removeprefix("\ufeff")))
    assert (first["Binding"], first["Type"], first["Refused"]) == (
        world.binding,
        "binding-secret",
        "1",
    )


def test_no_page_shows_a_secret(world: ConsoleWorld) -> None:
    own = world.domain.bind("app", "another")
    shared = world.domain.bind("app", "shared", SHARED)
    visitor = world.enter("operator")
    for path in (ONE, f"{ONE}/secret", f"{ONE}/binding?binding=another", f"{ONE}/update?x509=on"):
        text = visitor.send("GET", path).text
        assert own["clientsecret"] not in text
        assert shared["clientsecret"] not in text


def test_ids_are_quoted_in_commands_and_links(world: ConsoleWorld) -> None:
    """The platform chooses the ids: any printable text."""
    instance, binding = "i; reboot?", "$(id) b"
    world.domain.provision(instance, a_descriptor("strange"))
    world.domain.bind(instance, binding)
    visitor, found = world.enter("operator"), list[list[str]]()
    one = f"{ALL}/{quote(instance)}"
    for path in (
        "",
        f"/binding?binding={quote(binding)}",
        "/secret",
        "/previous-secret",
        "/update",
    ):
        reply = visitor.send("GET", one + path)
        assert reply.status == 200
        own = {*reply.links, *(form.action for form in reply.forms)}
        of_instances = [each for each in own if each.startswith(f"{ALL}/")]
        assert of_instances
        assert [each for each in of_instances if not each.startswith(one)] == []
        codes = re.findall("<code>(xsuaa-broker .*?)</code>", reply.text, re.DOTALL)
        found += [shlex.split(line) for each in codes for line in html.unescape(each).split("\n")]
    assert ["xsuaa-broker", "credentials", "revoke", instance, binding] in found
    assert all(instance in words for words in found)
    assert {words[2] for words in found} == {"report", "revoke", "rotate", "update"}


def test_a_credential_is_revoked_after_its_name_was_typed(world: ConsoleWorld) -> None:
    payload = world.domain.bind("app", "leaked key")
    visitor, url = world.enter("admin"), f"{ONE}/binding?binding={quote('leaked key')}"
    page = visitor.send("GET", url)
    assert "cf create-service-key instance NEW-KEY" in page.text
    wrong = confirm(visitor, url, "another")
    assert wrong.status == 400
    assert "The name does not match. Nothing was changed." in wrong.text
    assert world.domain.accepts(payload)
    done = confirm(visitor, url, "leaked key")
    assert (done.status, done.location) == (303, ONE)
    assert "The credential was revoked." in visitor.send("GET", done.headers["Location"]).text
    assert not world.domain.accepts(payload)
    assert visitor.send("GET", url).status == 404
    [event] = audit_events(world.domain.engine, AuditFilter(action="unbind"), 1)
    assert (event.actor.kind, event.actor.id) == ("user", world.people["admin"].user_id)


def test_a_shared_secret_is_not_revoked_alone(world: ConsoleWorld) -> None:
    visitor, url = world.enter("admin"), f"{ONE}/binding?binding=app-binding"
    page = visitor.send("GET", url)
    assert "This binding has the instance secret" in page.text
    assert [form.action for form in page.forms] == ["/console/logout"]
    assert confirm(visitor, url, "app-binding").status == 409


def test_a_secret_is_rotated_with_an_overlap_that_can_be_ended(world: ConsoleWorld) -> None:
    old = world.domain.bind("app", "shared", SHARED)
    visitor = world.enter("admin")
    wrong = confirm(visitor, f"{ONE}/secret", "wrong", overlap="1d")
    assert (wrong.status, '<option value="1d" selected>' in wrong.text) == (400, True)
    assert confirm(visitor, f"{ONE}/secret", "app", overlap="9d").status == 400
    assert "No previous secret is accepted." in visitor.get(f"{ONE}/previous-secret").text
    assert "Type instance to confirm" in visitor.get(f"{ONE}/secret").text
    rotated = confirm(visitor, f"{ONE}/secret", "instance", overlap="7d")
    assert rotated.status == 303, rotated.text
    new = world.domain.bind("app", "shared", SHARED)
    assert new["clientsecret"] != old["clientsecret"]
    assert [world.domain.accepts(each) for each in (old, new)] == [True, True]
    assert "in 7 days" in visitor.get(ONE).text
    assert "Type instance to confirm" in visitor.get(f"{ONE}/previous-secret").text
    again = confirm(visitor, f"{ONE}/secret", "app", overlap="1d")
    assert (again.status, "one rotation at a time" in again.text) == (400, True)
    assert confirm(visitor, f"{ONE}/previous-secret", "app").status == 303
    assert [world.domain.accepts(each) for each in (old, new)] == [False, True]


def test_dangerous_forms_need_a_fresh_logon(world: ConsoleWorld) -> None:
    old = world.domain.bind("app", "shared", SHARED)
    visitor = world.enter("admin")
    page = visitor.get(f"{ONE}/secret")
    world.domain.clock.advance(minutes=6)
    reply = visitor.submit(page, f"{ONE}/secret", confirm="app", overlap="0")
    assert reply.is_login_page
    assert world.domain.accepts(old)


def test_an_auditor_sees_no_button_of_a_change(world: ConsoleWorld) -> None:
    visitor = world.enter("auditor")
    for path in (f"{ONE}/secret", f"{ONE}/binding?binding={world.binding}"):
        forms = visitor.send("GET", path).forms
        assert [form.action for form in forms] == ["/console/logout"], path


def test_what_other_types_would_break(world: ConsoleWorld) -> None:
    use(world, world.binding)
    visitor = world.enter("auditor")
    chosen = {"x509": "on", "instance-secret": "on", "default": "x509"}
    page = visitor.get(f"{ONE}/update", **chosen)
    assert "credential-types x509, instance-secret" in page.text
    assert world.binding in page.text
    assert "app-binding" not in page.text.partition("Choose credential types")[0]
    snippet = '{"oauth2-configuration":{"credential-types":["x509","instance-secret"]}}'
    assert snippet in page.text.replace("&#34;", '"')
    assert "cf update-service instance -c xs-security.json" in page.text
    assert "Bindings that stop working: 1" in page.text
    kept = visitor.get(f"{ONE}/update", **chosen, **{"binding-secret": "on"})
    assert "Nothing stops working." in kept.text
    with statements_of(world.domain.engine) as statements:
        visitor.get(f"{ONE}/update", **chosen)
    found = [each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))]
    assert len(found) <= 6


def rehearsed(visitor: Visitor, text: str) -> Reply:
    page = visitor.get(f"{ONE}/update")
    token = page.form("/console/logout").fields["csrf"]
    return visitor.post(f"{ONE}/update", {"csrf": token, "descriptor": text})


def test_what_a_pasted_descriptor_would_break(world: ConsoleWorld) -> None:
    payload = credentials(world, "key")
    visitor = world.enter("auditor")
    types = {"oauth2-configuration": {"credential-types": ["x509"]}}
    long = {
        "description": "x" * 900,
        "scopes": [
            {"name": "$XSAPPNAME.read"},
            *({"name": f"$XSAPPNAME.s{n}"} for n in range(400)),
        ],
    }
    for number in range(60):
        world.domain.bind("app", f"b{number}")
    reply = rehearsed(visitor, json.dumps(a_descriptor("app") | types | long))
    assert all(f">b{number}</a>" in reply.text for number in range(60))
    assert reply.status == 200
    assert world.binding in reply.text
    assert "credential-types" in reply.text
    assert world.domain.accepts(payload)
    assert world.domain.instance("app").client.credential_types[0] == "binding-secret"


@pytest.mark.parametrize(
    ("text", "status", "part"),
    [
        ("", 400, "xs-security.json"),
        ("{", 400, "xs-security.json"),
        ("[]", 400, "xs-security.json"),
        ('{"xsappname": "renamed"}', 200, "Cannot change AppId"),
        ('{"xsappname": "app", "scope": []}', 200, "scope"),
    ],
)
def test_a_refused_descriptor_says_why(
    world: ConsoleWorld, text: str, status: int, part: str
) -> None:
    reply = rehearsed(world.enter("admin"), text)
    assert reply.status == status
    assert part in reply.text


def test_other_zones_are_out_of_reach(world: ConsoleWorld) -> None:
    payload = credentials(world, "key")
    stranger = world.enter("stranger")
    token = stranger.get("/console").form("/console/logout").fields["csrf"]
    for path, fields in (
        (f"{ONE}/binding?binding=key", {"confirm": "key"}),
        (f"{ONE}/secret", {"confirm": "app", "overlap": "0"}),
        (f"{ONE}/previous-secret", {"confirm": "app"}),
        (f"{ONE}/update", {"descriptor": "{}"}),
    ):
        assert stranger.send("GET", path).status == 404
        assert stranger.post(path, {"csrf": token, **fields}).status == 404
    assert stranger.get(ONE).status == 404
    assert stranger.get("/console/instances").status == 403
    assert world.domain.accepts(payload)


def test_the_readiness_of_a_zone(world: ConsoleWorld) -> None:
    domain = world.domain
    domain.bind("app", "cert", {"credential-type": "x509", "x509": {"validity": 2}})
    today = domain.clock.now().date()
    for back in (2, 1, 0):
        assert write_daily_count(domain.engine, today - timedelta(days=back))
    visitor, path = world.enter("auditor"), f"/console/zones/{world.zone.guid}/migration"
    page = visitor.get(path)
    assert "M2 own credentials exist" in page.text
    assert page.text.count('class="series-') >= 3
    assert "in 2 days" in page.text
    assert (today - timedelta(days=2)).isoformat() in page.text
    assert "app!" not in visitor.get(path, state="M6").text.partition('<table role="table"')[2]
    for sort in ("name", "-state", "used"):
        assert visitor.get(path, sort=sort).status == 200
    assert "No service instance matches." in visitor.get(path, q="nothing").text


def test_what_the_revocation_of_a_key_breaks(world: ConsoleWorld) -> None:
    use(world, world.binding)
    visitor = world.enter("operator")
    assert world.kid in visitor.get("/console/signing-keys").text
    page = visitor.get("/console/signing-keys/one", kid=world.kid)
    assert f"xsuaa-broker keys revoke {world.kid} --now" in page.text
    assert ONE in page.links
    world.domain.clock.advance(days=2)
    visitor = world.enter("operator")
    page = visitor.get("/console/signing-keys/one", kid=world.kid)
    assert "No application got a token" in page.text
    assert visitor.get("/console/signing-keys/one", kid="other").status == 404


def test_pages_in_german(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    visitor.headers["Accept-Language"] = "de"
    assert "Vom Instanz-Secret zu Zugangsdaten je Bindung" in visitor.get(ONE).text
    wrong = confirm(visitor, f"{ONE}/secret", "wrong", overlap="7d")
    assert "Der Name stimmt nicht überein." in wrong.text
