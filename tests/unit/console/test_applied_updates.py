"""The operator applies an update whose effects the page has shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from broker.audit.search import AuditFilter
from broker.store.reports.audit_trail import audit_events
from tests.support.console_world import ConsoleWorld
from tests.support.findings import with_types
from tests.support.passwords import PASSWORD
from tests.support.user_grants import a_descriptor

if TYPE_CHECKING:
    from tests.support.domain import Domain
    from tests.support.html_forms import Form
    from tests.support.visitors import Reply

UPDATE = "/console/instances/app/update"
APPLY = f"{UPDATE}/apply"
TYPES = "?x509=on&binding-secret=on&default=x509"


@pytest.fixture
def world(on_sqlite: Domain) -> ConsoleWorld:
    """A console with an instance that lists all types."""
    world = ConsoleWorld(on_sqlite)
    assert world.binding
    return world


def types_of(world: ConsoleWorld) -> tuple[str, ...]:
    return tuple(world.domain.instance("app").client.credential_types)


def form_of(reply: Reply) -> Form | None:
    """Return the form that applies the update."""
    return next((each for each in reply.forms if each.action.startswith(APPLY)), None)


def confirmed(reply: Reply, name: str = "app") -> tuple[str, dict[str, str]]:
    """Return the path and the fields of the form with the typed name."""
    form = form_of(reply)
    assert form is not None
    return form.action, {**form.fields, "confirm": name}


def rehearsed(world: ConsoleWorld, name: str, descriptor: object) -> Reply:
    visitor = world.enter(name)
    form = next(
        each
        for each in visitor.get(UPDATE).forms
        if each.action == UPDATE and "csrf" in each.fields
    )
    return visitor.post(UPDATE, {**form.fields, "descriptor": json.dumps(descriptor)})


def test_the_previewed_types_are_applied(world: ConsoleWorld) -> None:
    payload = world.domain.bind("app", "shared", {"credential-type": "instance-secret"})
    visitor, before = world.enter("operator"), world.domain.instance("app")
    page = visitor.send("GET", UPDATE + TYPES)
    effect = "Bindings that stop working: 2"  # that of the logins, and the one above
    assert effect in page.text
    path, fields = confirmed(page)
    wrong = visitor.post(path, {**fields, "confirm": "another"})
    assert wrong.status == 400
    assert "The name does not match. Nothing was changed." in wrong.text
    assert effect in wrong.text
    assert types_of(world) == tuple(before.client.credential_types)
    done = visitor.post(*confirmed(wrong))
    assert (done.status, done.location) == (303, "/console/instances/app")
    text = visitor.send("GET", done.headers["Location"]).text
    assert "The service instance was updated." in text
    assert types_of(world) == ("x509", "binding-secret")
    assert not world.domain.accepts(payload)
    after = world.domain.instance("app").parameters
    assert after == with_types(dict(before.parameters), "x509", "binding-secret")
    operator = world.people["operator"].user_id
    [event] = audit_events(world.domain.engine, AuditFilter(action="update", actor=operator), 9)
    assert event.actor.platform == before.platform
    assert event.details["bindings_cut_off"] == 2


def test_a_pasted_descriptor_is_applied(world: ConsoleWorld) -> None:
    wanted = with_types(a_descriptor("app") | {"description": '<b>\n"new"'}, "x509")
    page = rehearsed(world, "operator", wanted)
    visitor = world.enter("operator")
    assert "description" in page.text
    path, fields = confirmed(page)
    assert json.loads(fields["descriptor"]) == wanted
    token = visitor.get("/console").form("/console/logout").fields["csrf"]
    done = visitor.post(path, {**fields, "csrf": token})
    assert done.status == 303
    assert world.domain.instance("app").parameters == wanted


def test_a_refused_update_changes_nothing(world: ConsoleWorld) -> None:
    """What a preview refuses has no button, and what an update refuses is said again."""
    page = rehearsed(world, "operator", {"xsappname": "renamed"})
    assert "Cannot change AppId" in page.text
    assert form_of(page) is None
    visitor = world.enter("operator")
    token = visitor.get("/console").form("/console/logout").fields["csrf"]
    fields = {"csrf": token, "confirm": "app"}
    for text, status, part in (
        (json.dumps({"xsappname": "renamed"}), 403, "Cannot change AppId"),
        ("{", 400, "xs-security.json"),
        ("", 400, "xs-security.json"),
    ):
        reply = visitor.post(APPLY, {**fields, "descriptor": text})
        assert reply.status == status
        assert part in reply.text
    assert types_of(world) == ("binding-secret", "x509", "instance-secret")


def test_a_descriptor_that_demands_a_dry_run_changes_nothing(world: ConsoleWorld) -> None:
    wanted = with_types(a_descriptor("app"), "x509") | {"dry-run": True}
    visitor, page = world.enter("operator"), rehearsed(world, "operator", wanted)
    path, fields = confirmed(page)
    token = visitor.get("/console").form("/console/logout").fields["csrf"]
    reply = visitor.post(path, {**fields, "csrf": token})
    assert reply.status == 200
    assert "credential-types" in reply.text
    assert types_of(world) == ("binding-secret", "x509", "instance-secret")


def test_only_the_operator_applies_updates(world: ConsoleWorld) -> None:
    wanted = with_types(a_descriptor("app"), "x509")
    for name in ("admin", "auditor"):
        assert form_of(rehearsed(world, name, wanted)) is None
        visitor = world.enter(name)
        assert form_of(visitor.send("GET", UPDATE + TYPES)) is None
        assert visitor.send("GET", APPLY + TYPES).status == 403
        token = visitor.get("/console").form("/console/logout").fields["csrf"]
        fields = {"csrf": token, "confirm": "app", "descriptor": json.dumps(wanted)}
        assert visitor.post(APPLY, fields).status == 403
        assert visitor.post(APPLY + TYPES, {"csrf": token, "confirm": "app"}).status == 403
    assert types_of(world) == ("binding-secret", "x509", "instance-secret")


def test_an_update_demands_a_fresh_logon_which_leads_back_to_its_effects(
    world: ConsoleWorld,
) -> None:
    wanted = with_types(a_descriptor("app"), "x509")
    visitor = world.enter("operator")
    page = visitor.post(
        UPDATE,
        {
            "csrf": visitor.get("/console").form("/console/logout").fields["csrf"],
            "descriptor": json.dumps(wanted),
        },
    )
    world.domain.clock.advance(minutes=6)
    login = visitor.post(*confirmed(page))
    assert login.is_login_page
    again = visitor.log_in(login, "operator", PASSWORD)
    assert again.headers["Location"] == APPLY
    shown = visitor.send("GET", APPLY)
    assert types_of(world) == ("binding-secret", "x509", "instance-secret")
    assert visitor.post(*confirmed(shown)).status == 303
    assert types_of(world) == ("x509",)
