"""Audit events of instances, bindings and CAs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.audit.actor import system_actor
from broker.audit.event import Action, AuditEvent, Outcome, Subject, SubjectKind
from broker.lifecycle.events import authority_events, binding_event, instance_event, refused_event
from broker.pki.authority import new_root, pem_of
from broker.pki.issuing import Role, StoredAuthority
from tests.support.instances import START, ZONE, an_instance

if TYPE_CHECKING:
    from collections.abc import Sequence

ACTOR = system_actor("test")
INSTANCE = an_instance()
OF_INSTANCE: dict[str, Any] = {"zone_guid": ZONE.guid, "instance_id": "i"}


def test_an_instance_s_event_names_it_and_its_zone() -> None:
    event = instance_event(Action.PROVISION, ACTOR, INSTANCE, START, plan="application")
    subject = Subject(SubjectKind.INSTANCE, "i")
    assert event == AuditEvent(
        Action.PROVISION, ACTOR, subject, START, {"plan": "application"}, **OF_INSTANCE
    )


def test_a_binding_s_event_names_both() -> None:
    event = binding_event(Action.BIND, ACTOR, INSTANCE, "b", START, credential_type="x509")
    assert event == AuditEvent(
        Action.BIND,
        ACTOR,
        Subject(SubjectKind.BINDING, "b"),
        START,
        {"credential_type": "x509"},
        binding_id="b",
        **OF_INSTANCE,
    )


def test_a_refusal_keeps_a_bounded_reason() -> None:
    event = refused_event(Action.UPDATE, ACTOR, INSTANCE, START, "x" * 1001, types=["x509"])
    assert event.outcome is Outcome.REFUSED
    assert event.details == {"reason": "x" * 1000, "types": ["x509"]}
    assert event.subject == Subject(SubjectKind.INSTANCE, "i")


def test_each_authority_that_was_added_has_an_event_without_its_key() -> None:
    @dataclass
    class Added:
        added: Sequence[StoredAuthority]

    root = new_root("Test", START)
    stored = StoredAuthority(Role.ROOT, pem_of([root.certificate]), b"secret key", START)
    store: Any = Added([stored, stored])
    events = list(authority_events(Action.CREATE_AUTHORITY, store, ACTOR, START))
    assert len(events) == 2
    assert events[0].subject == Subject(SubjectKind.AUTHORITY, stored.thumbprint)
    assert set(events[0].details) == {"role", "subject"}
    assert list(authority_events(Action.CREATE_AUTHORITY, Added([]), ACTOR, START)) == []  # type: ignore[arg-type]
