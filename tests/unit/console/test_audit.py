"""The audit trail of the console: filters, who sees what, details of an event, and CSV files."""

from __future__ import annotations

import csv
import io
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from broker.audit.actor import Actor, ActorKind, platform_actor
from broker.audit.event import Action, AuditEvent, Outcome, Subject, SubjectKind
from broker.console.audit import export
from broker.console.tables import MAX_EXPORTED, PAGE_SIZE
from broker.ids import new_row_id
from broker.store.tables.core import audit_event
from tests.support.console_world import ConsoleWorld

if TYPE_CHECKING:
    from tests.support.domain import Domain
    from tests.support.visitors import Reply, Visitor


@pytest.fixture
def world(on_sqlite: Domain) -> ConsoleWorld:
    """A console; what depends on the kind of database is in the tests of the store."""
    return ConsoleWorld(on_sqlite)


def path(world: ConsoleWorld) -> str:
    return f"/console/zones/{world.zone.guid}/audit"


def record(world: ConsoleWorld, event: AuditEvent) -> str:
    """Store the event and return its id."""
    engine = world.domain.engine
    with engine.connect() as connection:
        before = set(connection.execute(select(audit_event.c.id)).scalars())
    world.domain.transactions.run(lambda store: store.audit.append(event))
    with engine.connect() as connection:
        [new] = set(connection.execute(select(audit_event.c.id)).scalars()) - before
    return str(new)


def an_event(world: ConsoleWorld, **changes: object) -> AuditEvent:
    event = AuditEvent(
        Action.BIND,
        platform_actor("cf", {"value": {"user_id": "u-1"}}, "corr-1"),
        Subject(SubjectKind.BINDING, "b-1"),
        world.domain.clock.now(),
        {"credential_type": "x509"},
        zone_guid=world.zone.guid,
        instance_id="app",
        binding_id="b-1",
    )
    return replace(event, **changes)  # type: ignore[arg-type]


def rows(reply: Reply) -> list[list[str]]:
    """Return the texts of the list's cells."""
    assert reply.status == 200, reply.text
    body = re.search(r"<tbody.*?</tbody>", reply.text, re.DOTALL)
    if body is None:
        return []
    return [
        [" ".join(re.sub("<[^>]*>", " ", cell).split()) for cell in re.findall("<td.*?</td>", row)]
        for row in re.sub(r"\n", " ", body.group()).split("</tr>")[:-1]
    ]


def actions(reply: Reply) -> list[str]:
    return [row[1] for row in rows(reply)]


def test_the_newest_event_is_first_with_names(world: ConsoleWorld) -> None:
    user, admin = world.user, world.people["admin"]
    visitor = world.enter("auditor")
    world.domain.clock.advance(seconds=1)
    record(
        world,
        an_event(
            world,
            action=Action.ASSIGN_ROLE_COLLECTION,
            actor=Actor(ActorKind.USER, admin.user_id),
            subject=Subject(SubjectKind.USER, user.user_id),
            details={"collection": "app readers", "name": user.name, "expires_at": None},
            instance_id="",
            binding_id="",
        ),
    )
    reply = visitor.get(path(world))
    first = rows(reply)[0]
    assert first[1:] == [
        *("assign-role-collection", "admin user", "ben user", "collection app readers", "done")
    ]
    zone = f"/console/zones/{world.zone.guid}"
    assert {f"{zone}/users/{admin.user_id}", f"{zone}/users/{user.user_id}"} <= {*reply.links}


FILTERS: tuple[tuple[dict[str, str], list[str]], ...] = (
    ({}, ["unbind", "bind"]),
    ({"action": "unbind"}, ["unbind"]),
    ({"action": "credentials"}, ["unbind", "bind"]),
    ({"action": "roles"}, []),
    ({"actor": "cf"}, ["bind"]),
    ({"actor": "ADMIN"}, ["unbind"]),
    ({"subject": "b-1"}, ["unbind", "bind"]),
    ({"subject": "b-2"}, []),
    ({"instance": "app", "binding": "b-1"}, ["unbind", "bind"]),
    ({"instance": "other"}, []),
    ({"outcome": "refused"}, ["unbind"]),
    ({"days": "1"}, ["unbind"]),
    ({"since": "2035-01-11"}, ["unbind"]),
    ({"since": "2035-01-10", "until": "2035-01-10"}, ["bind"]),
    ({"until": "2035-01-10"}, ["bind"]),
)
IGNORED = ({"outcome": "unknown"}, {"days": "unknown"}, {"before": "unknown"}, {"page": "7"})


def test_filters_are_in_the_url(world: ConsoleWorld) -> None:
    admin, clock = world.people["admin"], world.domain.clock
    clock.advance(seconds=(datetime(2035, 1, 10, 12, tzinfo=UTC) - clock.now()).total_seconds())
    record(world, an_event(world))
    clock.advance(days=1, seconds=1)
    actor = Actor(ActorKind.USER, admin.user_id)
    event = an_event(world, action=Action.UNBIND, actor=actor, outcome=Outcome.REFUSED)
    record(world, event)
    visitor = world.enter("auditor")
    for query, found in FILTERS:
        reply = visitor.get(path(world), **query)
        assert [each for each in actions(reply) if each != "log-in"] == found, query
        assert ("Clear" in reply.text) == bool(query), query
    for query in IGNORED:
        reply = visitor.get(path(world), **query)
        assert [each for each in actions(reply) if each != "log-in"] == FILTERS[0][1], query


def test_a_day_that_does_not_exist_is_refused(world: ConsoleWorld) -> None:
    visitor = world.enter("auditor")
    for name in ("since", "until"):
        for day in ("2035-02-30", "yesterday", "9999-12-31", "1969-12-31", "\x00"):
            reply = visitor.get(path(world), **{name: day})
            assert (reply.status, name in reply.text) == (400, True), day


def test_texts_that_no_event_has_find_nothing(world: ConsoleWorld) -> None:
    visitor = world.enter("auditor")
    for name in ("action", "actor", "subject", "instance", "binding"):
        for value in ("\x00", "a\nb", "x" * 4000, "%", "'"):
            assert rows(visitor.get(path(world), **{name: value, "days": "all"})) == []


def test_the_period_is_said(world: ConsoleWorld) -> None:
    visitor = world.enter("auditor")
    since = world.domain.clock.now() - timedelta(days=30)
    assert f"since {since:%Y-%m-%d %H:%M} UTC" in visitor.get(path(world)).text
    assert "without a limit of time" in visitor.get(path(world), days="all").text


def test_older_events_follow_on_other_pages(world: ConsoleWorld) -> None:
    visitor, count = world.enter("auditor"), PAGE_SIZE * 2 + 5
    for _ in range(count):
        world.domain.transactions.run(
            lambda store: store.audit.append(an_event(world, action=Action.ROTATE_SECRET))
        )
    seen: list[str] = []
    url = f"{path(world)}?action=rotate-secret"
    for expected in (PAGE_SIZE, PAGE_SIZE, 5):
        reply = visitor.send("GET", url)
        links = [each for each in reply.links if re.fullmatch(rf"{path(world)}/\d+", each)]
        assert len(links) == expected
        seen += links
        older = [each for each in reply.links if "before=" in each and each != url]
        url = next((each for each in older if parse_qs(urlsplit(each).query)["before"]), "")
        assert all(link.startswith(f"{path(world)}?action=rotate-secret") for link in older)
    assert len(set(seen)) == count
    assert f"{path(world)}?action=rotate-secret" in reply.links  # the newest ones


def test_other_zones_and_older_versions_events_are_the_operators(world: ConsoleWorld) -> None:
    foreign = record(
        world, an_event(world, zone_guid=world.foreign_zone.guid, instance_id="secret-instance")
    )
    with world.domain.engine.begin() as connection:  # as versions before 0.2 do
        older = str(new_row_id())
        connection.execute(
            audit_event.insert().values(
                id=int(older),
                at=world.domain.clock.now(),
                action="bind",
                platform="cf",
                instance_id="app",
                binding_id="older-binding",
                correlation_id="",
            )
        )
    own = record(world, an_event(world))
    admin, operator = world.enter("admin"), world.enter("operator")
    for query in ({}, {"instance": "app"}, {"instance": "secret-instance"}, {"days": "all"}):
        text = admin.get(path(world), **query).text
        assert foreign not in text
        assert older not in text
    for event, status in ((own, 200), (foreign, 404), (older, 404), ("1", 404), ("x", 404)):
        assert admin.get(f"{path(world)}/{event}").status == status
    assert admin.get("/console/audit").status == 403
    assert admin.get(f"/console/audit/{own}").status == 403
    listed = operator.get("/console/audit").text
    for event in (own, foreign, older):
        assert f"/console/audit/{event}" in listed
        assert operator.get(f"/console/audit/{event}").status == 200
    assert operator.get(f"/console/audit/{2**63}").status == 404


def test_the_page_of_an_event_has_everything(world: ConsoleWorld) -> None:
    user, visitor = world.user, world.enter("auditor")
    event = record(
        world,
        an_event(
            world,
            action=Action.UPDATE_USER,
            subject=Subject(SubjectKind.USER, user.user_id),
            details={
                "changed": {"email": "new@example.org", "phone": None},
                "previous": {"email": "old@example.org"},
                "roles": ["a", "b"],
                "previous_roles": ["a"],
                "reason": "because",
            },
            instance_id="app",
            binding_id=world.binding,
        ),
    )
    reply = visitor.get(f"{path(world)}/{event}")
    text = " ".join(re.sub("<[^>]*>", " ", reply.text).split())
    at = world.domain.clock.now()
    for part in (
        f"Exact time {at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "Who u-1@cf platform",
        "Sent with the request {&#34;value&#34;: {&#34;user_id&#34;: &#34;u-1&#34;}}",
        f"Id of the subject {user.user_id}",
        "Correlation id corr-1",
        f"Id of the event {event}",
        "email old@example.org new@example.org",
        "roles a a, b",
        "reason because",
    ):
        assert part in text
    zone = f"/console/zones/{world.zone.guid}"
    for link in (
        f"{zone}/users/{user.user_id}",
        "/console/instances/app",
        f"/console/instances/app/binding?binding={world.binding}",
        zone,
        f"{path(world)}?subject={user.user_id}&days=all",
        f"{path(world)}?actor=cf&days=all",
    ):
        assert link in reply.links
        assert visitor.send("GET", link).status == 200
    assert f"<code>xsuaa-broker audit show {event}</code>" in reply.text


def test_the_list_names_the_application_of_a_binding(world: ConsoleWorld) -> None:
    subject = Subject(SubjectKind.BINDING, world.binding)
    record(world, an_event(world, action=Action.UNBIND, subject=subject))
    reply = world.enter("auditor").get(path(world), action="unbind")
    assert rows(reply)[0][4] == "instance app!t1; credential-type x509"


def test_what_was_deleted_has_no_link(world: ConsoleWorld) -> None:
    event = record(
        world,
        an_event(
            world,
            action=Action.UNASSIGN_ROLE_COLLECTION,
            subject=Subject(SubjectKind.USER, "gone-id"),
            details={"name": "gone", "collection": "gone-too", "cut_off": True},
            instance_id="gone-instance",
            binding_id="gone-binding",
        ),
    )
    reply = world.enter("auditor").get(f"{path(world)}/{event}")
    assert not [each for each in reply.links if "gone" in each and "/audit" not in each]
    texts = re.sub("<[^>]*>", " ", reply.text).split()
    assert {"gone", "gone-id", "gone-too", "gone-instance", "gone-binding"} <= {*texts}
    assert "too long to be stored" in reply.text


LINKS = (
    ("/console/instances/app", {"instance": "app"}),
    ("/console/instances/app/binding?binding={binding}", {"binding": "{binding}"}),
    ("/console/zones/{zone}/users/{user_id}", {"subject": "{user_id}"}),
    ("/console/zones/{zone}/users/{user_id}", {"actor": "{user_id}"}),
    ("/console/zones/{zone}/role-collections/one?name=app+readers", {"subject": "app readers"}),
)


def test_pages_lead_to_their_events(world: ConsoleWorld) -> None:
    values, visitor = world.values, world.enter("auditor")
    for page, query in LINKS:
        reply = visitor.send("GET", page.format_map(values))
        expected = {name: [text.format_map(values)] for name, text in query.items()}
        found = [parse_qs(urlsplit(each).query) for each in reply.links if path(world) in each]
        assert [each for each in found if expected.items() <= each.items()]
        assert all(each["days"] == ["all"] for each in found if each)


def test_the_command_selects_the_same(world: ConsoleWorld) -> None:
    visitor = world.enter("auditor")

    def command(**query: str) -> list[str]:
        text = visitor.get(path(world), **query).text
        [found] = re.findall(r"<code>(xsuaa-broker audit list.*?)</code>", text)
        return shlex.split(found.replace("&#39;", "'"))[3:]

    zone = ["--zone", world.zone.guid]
    assert command() == [*zone, "--since", "30d"]
    assert command(days="all", action="roles", actor="a b") == [
        *zone,
        *("--action", "roles", "--actor", "a b"),
    ]
    assert command(since="2029-12-01", until="2029-12-31") == [
        *zone,
        *("--since", "2029-12-01T00:00", "--until", "2030-01-01T00:00"),
    ]


def exported(visitor: Visitor, world: ConsoleWorld, **query: str) -> list[list[str]]:
    reply = visitor.get(path(world), format="csv", **query)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.reader(io.StringIO(reply.text.removeprefix("\N{BYTE ORDER MARK}"))))


def test_a_file_has_exact_values_and_no_formulas(world: ConsoleWorld) -> None:
    event = record(
        world,
        an_event(
            world,
            actor=Actor(ActorKind.CLIENT, "=HYPERLINK()", correlation_id="@x"),
            details={"reason": "\ud800=1"},
        ),
    )
    heading, *lines = exported(world.enter("auditor"), world, action="bind", instance="app")
    line = dict(zip(heading, next(each for each in lines if each[-1] == event), strict=True))
    at = world.domain.clock.now()
    assert line["Time"] == f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert (line["Id of the actor"], line["Correlation id"]) == ("'=HYPERLINK()", "'@x")
    assert line["Details"] == '{"reason": "?=1"}'
    assert (line["Binding"], line["Zone"]) == ("b-1", world.zone.guid)


def fill(world: ConsoleWorld, count: int, action: str = "bind") -> None:
    row = {
        "at": world.domain.clock.now(),
        "action": action,
        "platform": "",
        "instance_id": "",
        "binding_id": "",
        "correlation_id": "",
        "zone_guid": world.zone.guid,
        "actor_kind": "system",
        "actor_id": "task",
        "subject_kind": "database",
        "subject_id": "",
        "outcome": "done",
        "details": "{}",
    }
    with world.domain.engine.begin() as connection:
        connection.execute(
            audit_event.insert(), [{**row, "id": new_row_id()} for _ in range(count)]
        )


def test_a_file_says_that_the_list_goes_on(world: ConsoleWorld) -> None:
    visitor = world.enter("auditor")
    fill(world, MAX_EXPORTED + 1, "teleport")
    lines = exported(visitor, world, action="teleport")[1:]
    assert len(lines) == MAX_EXPORTED + 1
    assert lines[-1] == ["The list has more than 10000 rows. Narrow the selection."]
    assert len({line[-1] for line in lines}) == MAX_EXPORTED + 1


def test_a_file_says_how_far_the_search_went(
    world: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = world.enter("auditor")
    monkeypatch.setattr(export, "MAX_PARTS", 2)
    fill(world, 3 * export.PART, "teleport")
    *lines, last = exported(visitor, world, action="teleport")[1:]
    assert len(lines) == 2 * export.PART
    assert last[0].startswith("Events before 2030-")
