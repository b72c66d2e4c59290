"""Names of what audit events concern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.audit.actor import Actor, ActorKind, system_actor
from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.search import NamedUser, Names
from broker.authorization.collections.names import ADMINISTRATORS
from broker.store.reports.audit_names import names_of
from tests.support.console_world import ConsoleWorld
from tests.support.domain import Domain
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from datetime import datetime

    from broker.identity.user import User


def an_event(
    at: datetime, by: User, about: User, *, zone: str, instance: str = "", binding: str = ""
) -> AuditEvent:
    return AuditEvent(
        Action.ASSIGN_ROLE_COLLECTION,
        Actor(ActorKind.USER, by.user_id),
        Subject(SubjectKind.USER, about.user_id),
        at,
        {"collection": ADMINISTRATORS},
        zone_guid=zone,
        instance_id=instance,
        binding_id=binding,
    )


def names(domain: Domain, *events: AuditEvent) -> Names:
    with domain.engine.connect() as connection:
        return names_of(connection, events)


def test_what_exists_in_the_zone_is_named_in_one_statement(domain: Domain) -> None:
    world = ConsoleWorld(domain)
    user, operator, zone = world.user, world.people["operator"], world.zone
    event = an_event(
        domain.clock.now(), operator, user, zone=zone.guid, instance="app", binding=world.binding
    )
    with statements_of(domain.engine) as statements:
        found = names(domain, event)
    assert len([each for each in statements if " FROM " in each.replace("\n", " ")]) == 1
    assert found == Names(
        users={
            user.user_id: NamedUser("ben", zone.guid),
            operator.user_id: NamedUser("operator", world.operators.guid),
        },
        applications={"app": domain.instance("app").client.app_id},
        zones={zone.guid: zone.subdomain},
        bindings=frozenset({("app", world.binding)}),
        collections=frozenset({(zone.guid, ADMINISTRATORS)}),
    )


def test_what_belongs_to_other_zones_or_was_deleted_has_no_name(domain: Domain) -> None:
    world = ConsoleWorld(domain)
    stranger, at = world.people["stranger"], domain.clock.now()
    found = names(
        domain,
        an_event(at, stranger, stranger, zone=world.zone.guid, instance="elsewhere", binding="b"),
    )
    assert (found.users, found.applications, found.bindings) == ({}, {}, frozenset())
    assert found.collections == {(world.zone.guid, ADMINISTRATORS)}


def test_events_without_zone_name_nothing(domain: Domain) -> None:
    event = AuditEvent(
        Action.LOCK_DATABASE,
        system_actor("task"),
        Subject(SubjectKind.DATABASE),
        domain.clock.now(),
    )
    assert names(domain, event) == Names()
    assert names(domain) == Names()
