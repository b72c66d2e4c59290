"""Revocation and rotation beside the platform."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.audit.actor import Actor, ActorKind
from broker.audit.search import AuditFilter
from broker.errors import BindingNotFound, InstanceNotFound, InvalidRequest, StateConflict
from broker.lifecycle.overview.change import ChangeCredentials
from broker.store.reports.audit_trail import audit_events

if TYPE_CHECKING:
    from tests.support.domain import Domain

USER = Actor(ActorKind.USER, "user-1", identity={"client": "c"})
WEEK = timedelta(days=7)
DESCRIPTOR = {
    "xsappname": "app",
    "oauth2-configuration": {"credential-types": ["binding-secret", "instance-secret"]},
}
SHARED = {"credential-type": "instance-secret"}


def changes(domain: Domain) -> ChangeCredentials:
    return ChangeCredentials(domain.transactions, domain.clock, domain.rotate_)


def zone_of(domain: Domain, instance_id: str) -> str:
    return domain.instance(instance_id).client.zone.guid


def test_one_credential_is_revoked_and_no_other(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    gone, kept = domain.bind("i", "gone"), domain.bind("i", "kept")
    revoked = changes(domain).revoke(USER, zone_of(domain, "i"), "i", "gone")
    assert (revoked.binding.binding_id, revoked.binding.credential_type) == (
        "gone",
        "binding-secret",
    )
    assert [domain.accepts(each) for each in (gone, kept)] == [False, True]
    # The platform may create it again.
    again = domain.bind("i", "gone")
    assert again["clientsecret"] != gone["clientsecret"]
    assert domain.accepts(again)


def test_the_shared_secret_is_rotated_instead(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    shared = on_sqlite.bind("i", "b", SHARED)
    with pytest.raises(StateConflict, match="Rotate the instance secret"):
        changes(on_sqlite).revoke(USER, None, "i", "b")
    assert on_sqlite.accepts(shared)


def test_the_overlap_and_its_end(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    old = on_sqlite.bind("i", "b", SHARED)
    zone = zone_of(on_sqlite, "i")
    rotated = changes(on_sqlite).rotate(USER, zone, "i", WEEK)
    assert rotated.previous_until == on_sqlite.clock.now() + WEEK
    assert on_sqlite.accepts(old)
    assert changes(on_sqlite).revoke_previous(USER, zone, "i").instance_id == "i"
    assert not on_sqlite.accepts(old)


def test_other_zones_are_out_of_reach(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    domain.provision("j", DESCRIPTOR, organization_guid="other")
    own, shared = domain.bind("i", "own"), domain.bind("i", "shared", SHARED)
    service, zone = changes(domain), zone_of(domain, "j")
    for instance_id in ("i", "missing", "a\0b", "x" * 513):
        with pytest.raises(InstanceNotFound):
            service.revoke(USER, zone, instance_id, "own")
        with pytest.raises(InstanceNotFound):
            service.rotate(USER, zone, instance_id, timedelta())
        with pytest.raises(InstanceNotFound):
            service.revoke_previous(USER, zone, instance_id)
    for binding_id in ("own", "missing", "\0"):
        with pytest.raises(BindingNotFound):
            service.revoke(USER, zone, "j", binding_id)
    with pytest.raises(InvalidRequest):
        service.rotate(USER, zone, "j", WEEK)
    assert domain.accepts(own)
    assert domain.accepts(shared)


def test_changes_name_their_actor(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    on_sqlite.bind("i", "own")
    on_sqlite.bind("i", "shared", SHARED)
    service = changes(on_sqlite)
    service.revoke(USER, None, "i", "own")
    service.rotate(USER, None, "i", WEEK)
    service.revoke_previous(USER, None, "i")
    events = audit_events(on_sqlite.engine, AuditFilter(instance_id="i"), None)
    found = {each.action: each for each in events}
    for action in ("unbind", "rotate-secret", "revoke-previous-secret"):
        actor = found[action].actor
        assert (actor.kind, actor.id, actor.identity) == ("user", "user-1", {"client": "c"})
    assert found["unbind"].binding_id == "own"
