"""The audit trail in the database: whole events, bounded texts, all or nothing (D-23)."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.store import audit
from broker.store.audit import audited
from broker.store.tables.core import audit_event
from tests.support.instances import START

if TYPE_CHECKING:
    from tests.support.domain import Domain

EVENT = AuditEvent(
    Action.BIND,
    Actor(ActorKind.PLATFORM, "default", "default", {"value": {"user_id": "u"}}, "c-1"),
    Subject(SubjectKind.BINDING, "b"),
    START,
    {"credential_type": "x509"},
    zone_guid="z",
    instance_id="i",
    binding_id="b",
)


def written(domain: Domain, *events: AuditEvent) -> Any:
    with audited(domain.engine) as (_, trail):
        for event in events:
            trail.append(event)
    with domain.engine.connect() as connection:
        binds = audit_event.c.action == "bind"
        return connection.execute(select(audit_event).where(binds)).all()


def test_every_part_of_an_event_has_its_column(on_sqlite: Domain) -> None:
    [row] = written(on_sqlite, EVENT)
    assert (row.at, row.action, row.outcome) == (START, "bind", "done")
    assert (row.actor_kind, row.actor_id, row.platform) == ("platform", "default", "default")
    assert (row.subject_kind, row.subject_id) == ("service-binding", "b")
    assert (row.zone_guid, row.instance_id, row.binding_id) == ("z", "i", "b")
    assert row.correlation_id == "c-1"
    assert json.loads(row.identity) == {"value": {"user_id": "u"}}
    assert json.loads(row.details) == {"credential_type": "x509"}


def test_long_texts_are_cut_to_the_length_of_the_columns(on_sqlite: Domain) -> None:
    actor = replace(EVENT.actor, id="a" * 300, identity={"value": "v" * 5000})
    long = replace(EVENT, actor=actor, subject=Subject("kind", "s" * 600))
    [row] = written(on_sqlite, long)
    assert (len(row.actor_id), len(row.subject_id), len(row.identity)) == (255, 512, 4000)


@pytest.mark.parametrize(("length", "is_kept"), [(15_900, True), (16_100, False)])
def test_details_that_are_too_long_are_left_out_as_a_whole(
    on_sqlite: Domain, length: int, *, is_kept: bool
) -> None:
    details = {"reason": "x" * length}
    [row] = written(on_sqlite, replace(EVENT, details=details))
    assert json.loads(row.details) == (details if is_kept else {"cut_off": True})


@dataclass
class Log:
    """Records log calls."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def info(self, event: str, **members: Any) -> None:
        self.lines.append({"event": event, **members})


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    """The log of the audit trail."""
    noted = Log()
    monkeypatch.setattr(audit, "_log", noted)
    return noted


def test_uncommitted_events_are_neither_stored_nor_logged(on_sqlite: Domain, log: Log) -> None:
    with suppress(KeyError), audited(on_sqlite.engine) as (_, trail):
        trail.append(EVENT)
        raise KeyError
    assert log.lines == []
    assert len(written(on_sqlite, EVENT)) == 1
    [line] = log.lines
    assert (line["event"], line["action"], line["at"]) == ("audit", "bind", START.isoformat())
    assert line["actor"] == {"kind": "platform", "id": "default"}
    assert line["subject"] == {"kind": "service-binding", "id": "b"}
    assert line["details"] == {"credential_type": "x509"}
