"""Places in the audit trail, ids of records, and the role collection of an event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broker.audit.actor import system_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.search import Position, collection_of, parsed_id

THEN = datetime(2026, 1, 1, 12, 30, 15, 123456, UTC)


@pytest.mark.parametrize("id_", [1, 2**63 - 1])
def test_a_place_is_read_from_its_text(id_: int) -> None:
    place = Position(THEN, id_)
    assert Position.parse(str(place)) == place
    assert str(place) == f"1767270615123456.{id_}"


def test_places_are_in_the_order_of_time() -> None:
    assert Position(THEN, 2) < Position(THEN + timedelta(microseconds=1), 1)
    assert Position(THEN, 1) < Position(THEN, 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.",
        ".1",
        "1.-1",
        "a.1",
        f"1.{2**63}",
        f"{'9' * 17}.1",
        "1.1 ",
        "1.1\n",
        "\u0661.1",
    ],
)
def test_other_texts_are_no_place(text: str) -> None:
    place = Position.parse(text)
    assert place is None or place.at.year < 9999
    if text != f"{'9' * 17}.1":
        assert place is None


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("1", 1),
        (str(2**63 - 1), 2**63 - 1),
        (str(2**63), None),
        ("0", None),
        ("01", None),
        ("-1", None),
        ("1" * 5000, None),
        ("x", None),
        ("", None),
        ("1\n", None),
    ],
)
def test_ids_are_numbers_that_a_record_can_have(text: str, id_: int | None) -> None:
    assert parsed_id(text) == id_


@pytest.mark.parametrize(
    ("subject", "details", "name"),
    [
        (Subject(SubjectKind.ROLE_COLLECTION, "Team"), {}, "Team"),
        (Subject(SubjectKind.USER, "u"), {"collection": "Team"}, "Team"),
        (Subject(SubjectKind.USER, "u"), {"collection": ["Team"]}, ""),
        (Subject(SubjectKind.USER, "u"), {}, ""),
    ],
)
def test_the_role_collection_of_an_event(
    subject: Subject, details: dict[str, object], name: str
) -> None:
    event = AuditEvent(Action.UPDATE_USER, system_actor("task"), subject, THEN, details)
    assert collection_of(event) == name
