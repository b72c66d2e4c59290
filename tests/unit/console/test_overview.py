"""The overview, the lists behind it, and the approval of applications by the operator (D-57)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from broker.audit.event import Action
from broker.audit.search import AuditFilter
from broker.instances.plan import Plan
from broker.store.reports.audit_trail import audit_events
from tests.support import findings
from tests.support.domain import APIACCESS

if TYPE_CHECKING:
    from broker.audit.event import AuditEvent
    from tests.support.console_world import ConsoleWorld
    from tests.support.visitors import Reply, Visitor

LISTS = ("expiring", "unused", "failing", "references", "approvals")


def overview(world: ConsoleWorld) -> str:
    return f"/console/zones/{world.zone.guid}/overview"


def approval(world: ConsoleWorld, application: str) -> str:
    return f"{overview(world)}/approvals/one?{urlencode({'applicant': application})}"


def counts(reply: Reply) -> list[int]:
    found = re.findall(r'<dd><a href="#[a-z]+">(\d+)</a></dd>', reply.text)
    return [int(each) for each in found]


def events(world: ConsoleWorld) -> list[AuditEvent]:
    found = audit_events(world.domain.engine, AuditFilter(), None)
    return [each for each in found if each.action == Action.APPROVE_APPLICATION]


def test_each_count_leads_to_its_list(world: ConsoleWorld) -> None:
    assert world.applicant
    for name, base, failing in (
        ("auditor", overview(world), 1),
        ("operator", "/console/overview", 2),
    ):
        visitor = world.enter(name)
        start = visitor.get("/console")
        assert base in start.links
        page = visitor.send("GET", base)
        assert counts(page) == [1, 1, failing, 1, 1]
        for each in LISTS:
            assert f"{base}/{each}" in page.links
            assert visitor.send("GET", f"{base}/{each}").text.count("<tr") == 1 + (
                failing if each == "failing" else 1
            )


def test_each_row_leads_to_the_page_where_it_is_resolved(world: ConsoleWorld) -> None:
    assert world.applicant
    visitor = world.enter("admin")
    for name, target in (
        ("expiring", "/console/instances/app/binding?binding=expiring"),
        ("unused", "/console/instances/app/binding?binding=unused"),
        ("failing", "/console/instances/app"),
        ("references", "/console/instances/wanting/update"),
        ("approvals", approval(world, world.applicant)),
    ):
        for path in (overview(world), f"{overview(world)}/{name}"):
            assert target in visitor.send("GET", path).links, name
        assert visitor.send("GET", target).status == 200


def test_the_command_lists_what_the_page_does(world: ConsoleWorld) -> None:
    visitor, listed = world.enter("operator"), "<code>xsuaa-broker applications list"
    for path in (overview(world), f"{overview(world)}/approvals"):
        assert f"{listed} --zone {world.zone.guid}</code>" in visitor.send("GET", path).text
    for path in ("/console/overview", "/console/overview/approvals"):
        assert f"{listed}</code>" in visitor.send("GET", path).text


def test_empty_sections_say_what_that_means(world: ConsoleWorld) -> None:
    visitor = world.enter("admin")
    findings.count_since(world.domain, timedelta())
    page = visitor.send("GET", overview(world))
    assert counts(page) == [0] * 5
    for text in (
        "No certificate has less than a third of its lifetime left.",
        "Uses have been counted since 2030-01-01. Which credentials are unused is known 30 days",
        "No client was refused within 7 days.",
        "Every application to which another refers exists.",
        "No application waits for an approval.",
    ):
        assert text in page.text
    findings.count_since(world.domain)
    again = visitor.send("GET", overview(world)).text
    assert "Every credential older than 30 days was used within 30 days." in again


ORDERS = (
    ("expiring", "", ["soon", "expiring"]),
    ("expiring", "-expires", ["expiring", "soon"]),
    ("expiring", "-name", ["soon", "expiring"]),
    ("expiring", "no_column", ["soon", "expiring"]),
    ("unused", "", ["unused-1", "used-2"]),
    ("unused", "-used", ["used-2", "unused-1"]),
    ("failing", "", ["latest", "wrong"]),
    ("failing", "last", ["wrong", "latest"]),
    ("references", "", ["another", "wanting"]),
    ("references", "-name", ["wanting", "another"]),
    ("approvals", "", ["anna", "applicant"]),
    ("approvals", "-name", ["applicant", "anna"]),
)


def test_the_order_of_the_lists(world: ConsoleWorld) -> None:
    domain = world.domain
    assert world.applicant
    findings.expiring(domain, "app", "soon", 0.01)
    findings.unused(domain, "app", "unused-1")
    findings.unused(domain, "app", "used-2")
    findings.use(domain, "used-2", domain.clock.now() - findings.LONG_AGO)
    domain.unbind("app", "unused")
    client_id = domain.instance("app").client.client_id
    findings.refuse(domain, (client_id, "latest", 1), minutes_ago=1)
    findings.refer(domain, "another", "another", "missing")
    findings.request(domain, "anna", "anna", "xs_user.read")
    visitor = world.enter("auditor")
    for name, order, expected in ORDERS:
        url = f"{overview(world)}/{name}?sort={order}&format=csv"
        _, *rows = visitor.send("GET", url).text.splitlines()
        found = [[each for each in expected if f'"{each}' in row] for row in rows]
        assert found == [[each] for each in expected], (name, order)


def test_hostile_texts_are_no_formulas(world: ConsoleWorld) -> None:
    """TH-22: client ids and reasons of refused attempts are what clients sent."""
    findings.refuse(world.domain, ("=cmd|' /C calc'!A0", "wrong secret", 1))
    reply = world.enter("operator").send("GET", "/console/overview/failing?format=csv")
    assert "\"'=cmd|' /C calc'!A0\"" in reply.text
    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_foreign_zones_are_not_shown(world: ConsoleWorld) -> None:
    assert world.applicant
    findings.refer(world.domain, "own", "own", "missing")
    stranger = world.enter("stranger")
    page = stranger.send("GET", f"/console/zones/{world.foreign_zone.guid}/overview")
    assert counts(page) == [0] * 5
    assert stranger.send("GET", overview(world)).status == 404
    assert stranger.send("GET", "/console/overview").status == 403


def approve(visitor: Visitor, url: str, **fields: str) -> Reply:
    """Send the form of the page."""
    page = visitor.send("GET", url)
    form = next(each for each in page.forms if each.fields.get("expected"))
    return visitor.post(form.action, {**form.fields, **fields})


def test_the_operator_approves_exactly_what_is_shown(world: ConsoleWorld) -> None:
    world.domain.provision("a", plan=Plan.APIACCESS, plan_id=APIACCESS, parameters={})
    application = world.domain.instance("a").client.app_id
    visitor, url = world.enter("operator"), approval(world, application)
    page = visitor.send("GET", url)
    assert "xs_authorization.read" in page.text
    assert page.text.count("waiting</span>") == 6
    done = approve(visitor, url)
    assert (done.status, done.location) == (303, f"{overview(world)}/approvals")
    assert "The application is approved." in visitor.send("GET", done.headers["Location"]).text
    [event] = events(world)
    assert (event.actor.kind, event.actor.id) == ("user", world.people["operator"].user_id)
    assert event.actor.identity == {"console": True, "operator": "operator"}
    assert (event.subject.id, event.zone_guid) == (application, world.zone.guid)
    assert len(event.details["scopes"]) == 6
    assert world.domain.instance("a").is_approved
    assert not [each for each in visitor.send("GET", url).forms if "expected" in each.fields]


def test_a_changed_request_is_not_approved(world: ConsoleWorld) -> None:
    """An update between the page and the button, and a form without scopes, approve nothing."""
    application = findings.request(world.domain, "a", "a", "xs_user.read")
    visitor, url = world.enter("operator"), approval(world, application)
    page = visitor.send("GET", url)
    form = next(each for each in page.forms if each.fields.get("expected"))
    wanted = ["xs_user.read", "xs_user.write"]
    world.domain.update("a", {"xsappname": "a", "foreign-scope-references": wanted})
    refused = visitor.post(form.action, form.fields)
    assert refused.status == 409
    assert "nothing was approved" in refused.text
    assert (
        next(each for each in refused.forms if "expected" in each.fields).fields["expected"]
        == "xs_user.read xs_user.write"
    )
    for expected in ("", "xs_user.read xs_user.read", "XS_USER.READ", "x" * 5000):
        reply = visitor.post(form.action, {**form.fields, "expected": expected})
        assert reply.status == 409
    assert events(world) == []
    assert approve(visitor, url).status == 303
    assert len(events(world)) == 1


def test_only_the_operator_approves(world: ConsoleWorld) -> None:
    url = approval(world, world.applicant)
    for name, status in (("admin", 403), ("auditor", 403), ("nobody", 403), ("stranger", 404)):
        visitor = world.enter(name)
        page = visitor.send("GET", url)
        assert [each for each in page.forms if "expected" in each.fields] == []
        token = visitor.get("/console").form("/console/logout").fields["csrf"]
        fields = {"csrf": token, "expected": "xs_user.read"}
        assert visitor.post(url, fields).status == status
    text = world.enter("admin").send("GET", url).text
    assert "Only the operator of the broker can approve them." in text
    assert events(world) == []


def test_an_approval_demands_a_fresh_logon(world: ConsoleWorld) -> None:
    visitor, url = world.enter("operator"), approval(world, world.applicant)
    world.domain.clock.advance(minutes=6)
    reply = approve(visitor, url)
    assert reply.status == 200
    assert reply.is_login_page
    assert events(world) == []


def test_unknown_applications(world: ConsoleWorld) -> None:
    visitor = world.enter("operator")
    token = visitor.get("/console").form("/console/logout").fields["csrf"]
    for name in ("unknown", "\x00", "\ud800", "x" * 2000, "<script>"):
        query = urlencode({"applicant": name.encode(errors="surrogatepass")})
        url = f"{overview(world)}/approvals/one?{query}"
        assert visitor.send("GET", url).status == 404, name
        assert visitor.post(url, {"csrf": token, "expected": "xs_user.read"}).status == 404
