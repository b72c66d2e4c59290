"""The audit trail read page by page: order, filters, zones, and how much a page reads."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, insert, text

from broker.audit.search import MAX_SCANNED, AuditFilter, Position
from broker.ids import new_row_id
from broker.store.reports.audit_trail import AuditTrailReader, recorded_event, recorded_events
from broker.store.tables.core import audit_event
from tests.support.domain import Domain
from tests.support.users import stored_user

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from broker.audit.search import AuditPage

ZONE, OTHER = "0442cf90-a3ce-5082-ab5c-5a9c7551caa5", "5e17070b-1eae-5cc0-a1f1-3b16ddd56369"
THEN = datetime(2026, 1, 1, tzinfo=UTC)


def page(
    domain: Domain, filter_: AuditFilter, before: Position | None = None, limit: int = 50
) -> AuditPage:
    with domain.engine.connect() as connection:
        return AuditTrailReader(connection).page(filter_, before, limit)


def write(domain: Domain, **columns: Any) -> int:
    """Store an event and return its id."""
    row = {
        "id": new_row_id(),
        "at": THEN,
        "action": "log-in",
        "platform": "",
        "instance_id": "",
        "binding_id": "",
        "correlation_id": "",
        "zone_guid": ZONE,
        "actor_kind": "user",
        "actor_id": "a",
        "subject_kind": "user",
        "subject_id": "s",
        "outcome": "done",
        "details": "{}",
    }
    row |= columns
    with domain.engine.begin() as connection:
        connection.execute(insert(audit_event), row)
    return int(str(row["id"]))


def found(domain: Domain, **conditions: Any) -> set[int]:
    return {each.id for each in page(domain, AuditFilter(**conditions)).events}


@pytest.mark.parametrize("filters", [{}, {"outcome": "done"}])
@pytest.mark.parametrize("scope", [{}, {"zone_guid": ZONE}, {"instance_id": "i"}])
def test_pages_have_each_event_once_although_times_are_equal(
    domain: Domain, filters: dict[str, Any], scope: dict[str, Any]
) -> None:
    ids = {write(domain, instance_id="i", at=THEN + timedelta(n // 4)) for n in range(11)}
    filter_ = AuditFilter(until=THEN + timedelta(9), **filters, **scope)
    seen: list[Position] = []
    before = None
    while True:
        one = page(domain, filter_, before, 3)
        seen += [each.position for each in one.events]
        before = one.older
        if before is None:
            break
        assert len(one.events) == 3
    assert seen == sorted(seen, reverse=True)
    assert (len(seen), {each.id for each in seen}) == (11, ids)
    listed = recorded_events(domain.engine, filter_, 7)
    assert [each.position for each in listed] == seen[6::-1]


def test_filters_are_those_of_the_zone(domain: Domain) -> None:
    own = write(domain, instance_id="i", binding_id="b")
    foreign = write(domain, instance_id="i", binding_id="b", zone_guid=OTHER)
    older = write(domain, instance_id="i", binding_id="b", zone_guid=None)
    for scope in ({}, {"instance_id": "i"}, {"binding_id": "b"}, {"action": "log-in"}):
        assert found(domain, zone_guid=ZONE, **scope) == {own}
        assert {own, foreign, older} <= found(domain, **scope)
    with domain.engine.connect() as connection:
        reader = AuditTrailReader(connection)
        assert [reader.one(ZONE, each) is not None for each in (own, foreign, older)] == [
            *(True, False, False)
        ]
    for each in (own, foreign, older):
        event_ = recorded_event(domain.engine, each)
        assert event_ is not None
        assert event_.id == each
    assert recorded_event(domain.engine, 1) is None


def test_the_end_of_the_time_is_excluded_and_its_start_is_not(domain: Domain) -> None:
    day = timedelta(1)
    first, second = write(domain), write(domain, at=THEN + day)
    assert found(domain, zone_guid=ZONE, since=THEN, until=THEN + day) == {first}
    assert found(domain, since=THEN + day, until=THEN + 2 * day) == {second}
    assert found(domain, zone_guid=ZONE, since=THEN + 2 * day) == set()
    late = Position(THEN + 9 * day, 1)
    filter_ = AuditFilter(zone_guid=ZONE, until=THEN + day)
    assert [each.id for each in page(domain, filter_, late).events] == [first]


def test_an_action_may_be_a_group(domain: Domain) -> None:
    roles = {write(domain, action=name) for name in ("create-role", "assign-role-collection")}
    other = write(domain, action="teleport")
    assert found(domain, action="roles") == roles
    assert found(domain, action="teleport") == {other}


def test_users_are_found_by_name_in_their_zone(domain: Domain) -> None:
    zone = domain.provision("i").instance.client.zone
    foreign_zone = domain.provision("j", organization_guid="other").instance.client.zone
    ann, foreign = stored_user(domain, zone, "Ann"), stored_user(domain, foreign_zone, "Ann")
    by = write(domain, zone_guid=zone.guid, actor_id=ann.user_id)
    about = write(domain, zone_guid=zone.guid, subject_id=ann.user_id)
    elsewhere = write(domain, zone_guid=foreign_zone.guid, actor_id=foreign.user_id)
    assert found(domain, zone_guid=zone.guid, actor="ANN") == {by}
    assert found(domain, zone_guid=zone.guid, actor=ann.user_id) == {by}
    assert found(domain, zone_guid=zone.guid, subject="ann") == {about}
    assert found(domain, actor=foreign.user_id) == {elsewhere}
    assert found(domain, actor="ann") == set()


def test_a_role_collection_is_found_with_its_assignments(domain: Domain) -> None:
    name = 'Team "A"'
    details = json.dumps({"collection": name, "name": "ann"}, separators=(",", ":"))
    assigned = write(domain, action="assign-role-collection", details=details)
    changed = write(domain, subject_kind="role-collection", subject_id=name)
    write(domain, action="assign-role-collection", details=details.replace("Team", "team"))
    write(domain, action="assign-role-collection", details=None)
    assert found(domain, zone_guid=ZONE, subject=name) == {assigned, changed}


@pytest.mark.parametrize("value", ["\x00", "\ud800", "a\nb", "x" * 513])
@pytest.mark.parametrize(
    "name", ["instance_id", "binding_id", "action", "zone_guid", "actor", "subject", "outcome"]
)
def test_texts_that_no_event_has_find_nothing(domain: Domain, name: str, value: str) -> None:
    write(domain)
    assert found(domain, **{name: value}) == set()


MANY = 200_000
_FILL = """
INSERT INTO audit_event (id, at, action, platform, instance_id, binding_id, correlation_id,
  zone_guid, actor_kind, actor_id, subject_kind, subject_id, outcome, details)
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many})
SELECT i, {at}, 'log-in', '', CASE WHEN i <= {many} / 2 THEN 'quiet' ELSE 'busy' END, '', '',
  CASE WHEN i <= {many} / 2 THEN '{zone}' ELSE '{other}' END,
  'user', 'u', 'user', 'u', 'done', '{{}}' FROM n
"""
_SECONDS = {
    "sqlite": "strftime('%Y-%m-%d %H\\:%M\\:%f000', '2026-01-01', '+' || i || ' seconds')",
    "postgresql": "timestamptz '2026-01-01 00\\:00\\:00Z' + i * interval '1 second'",
}


@pytest.fixture
def full(domain: Domain) -> Domain:
    """A trail with many events, one a second: the newer half is of another zone."""
    at = _SECONDS[domain.engine.dialect.name]
    fill = _FILL.format(many=MANY, at=at, zone=ZONE, other=OTHER)
    with domain.engine.begin() as connection:
        connection.execute(text(fill))
        if domain.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE audit_event")
    return domain


def rows_read(connection: Connection, statement: str, parameters: Any) -> int:
    """Return how many events PostgreSQL reads."""
    explained = f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"
    [document] = connection.exec_driver_sql(explained, parameters).scalar_one()

    def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield plan
        for each in plan.get("Plans", ()):
            yield from nodes(each)

    removed = "Rows Removed by Filter", "Rows Removed by Index Recheck"
    return sum(
        int((each["Actual Rows"] + sum(each.get(name, 0) for name in removed)) * loops)
        for each in nodes(document["Plan"])
        if each.get("Relation Name") == "audit_event"
        for loops in [each["Actual Loops"]]
    )


def plan_of(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """Return how SQLite finds events."""
    rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    return [row[3] for row in rows if "audit_event" in row[3]]


RARE: dict[str, dict[str, Any]] = {
    "everything": {},
    "an action": {"action": "roles"},
    "an actor": {"actor": "nobody"},
    "a subject": {"subject": "nobody"},
    "a binding": {"binding_id": "nothing"},
    "an outcome": {"outcome": "refused"},
}
SCOPES: dict[str, tuple[dict[str, Any], str]] = {
    "all zones": ({}, "ix_audit_event_at"),
    "a zone": ({"zone_guid": ZONE}, "ix_audit_event_zone_guid_at"),
    "an instance": ({"instance_id": "quiet"}, "ix_audit_event_instance_id_at"),
    "an instance of a zone": (
        {"zone_guid": ZONE, "instance_id": "quiet"},
        "ix_audit_event_instance_id_at",
    ),
}


def test_a_page_of_a_large_trail_reads_few_events(full: Domain) -> None:
    """The number depends neither on the trail nor on newer events of other zones."""
    middle = Position(THEN + timedelta(seconds=MANY / 4), 5)
    too_many: dict[tuple[str, str, bool], object] = {}
    for scope, (conditions, index) in SCOPES.items():
        for name, chosen in RARE.items():
            for before in (None, middle):
                key = scope, name, before is not None
                filter_ = AuditFilter(**conditions, **chosen, since=THEN - timedelta(30))
                statements: list[tuple[str, Any]] = []

                def note(_c: object, _cursor: object, sql: str, values: Any, *_: object) -> None:
                    statements.append((sql, values))  # noqa: B023 - called within this turn

                event.listen(full.engine, "before_cursor_execute", note)
                result = page(full, filter_, before)
                event.remove(full.engine, "before_cursor_execute", note)
                asked = [each for each in statements if "FROM audit_event" in each[0]]
                assert (len(result.events), result.is_cut) == ((0, True) if chosen else (50, False))
                assert len(asked) <= 2
                with full.engine.connect() as connection:
                    if full.engine.dialect.name == "postgresql":
                        limit = MAX_SCANNED if len(asked) > 1 else 51
                        read = [rows_read(connection, *each) for each in asked]
                        if max(read) > limit + 5:
                            too_many[key] = read
                        continue
                    plans = [plan_of(connection, *each) for each in asked]
                    used = [f"INDEX {index} " in "".join(plan) for plan in plans]
                    if used != [True] * len(asked) or "SCAN" in str(plans):
                        too_many[key] = plans
    assert too_many == {}


def test_a_search_continues_where_it_ended(full: Domain) -> None:
    """Rare events behind many others are found by the pages that follow."""
    rare = write(full, action="create-role")  # the oldest one
    before, pages = None, 0
    while True:
        one = page(full, AuditFilter(zone_guid=ZONE, action="roles"), before)
        pages += 1
        before = one.older
        if before is None:
            break
        assert (one.events, one.is_cut) == ([], True)
    assert [each.id for each in one.events] == [rare]
    assert pages == MANY // 2 // MAX_SCANNED + 1
    [listed] = recorded_events(full.engine, AuditFilter(zone_guid=ZONE, action="roles"), None)
    assert listed.id == rare
