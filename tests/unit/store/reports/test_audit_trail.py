"""Audit events of this version and of older ones, read back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert

from broker.audit.event import Action
from broker.audit.search import AuditFilter
from broker.errors import ForbiddenChange, InvalidRequest
from broker.ids import new_row_id
from broker.lifecycle.requests import UpdateRequest
from broker.store.reports.audit_trail import audit_events, prune_audit_events
from broker.store.reports.consistency import find_problems, remove_rows
from broker.store.restore_lock import backup_time, lock, unlock
from broker.store.sealing.data_keys import DataKeys, Purpose
from broker.store.sealing.key_maintenance import retire, rewrap, rotate
from broker.store.sealing.reseal import Reseal
from broker.store.tables.core import audit_event, client
from tests.support.domain import MASTER_KEYS, OPERATOR, SERVICE, Domain

if TYPE_CHECKING:
    from broker.audit.event import AuditEvent

THEN = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = {"clientsecret": "abcDEF123456"}
BOTH = {"oauth2-configuration": {"credential-types": ["binding-secret", "instance-secret"]}}
X509 = {"oauth2-configuration": {"credential-types": ["x509"]}}
ONE = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}


def events(domain: Domain, **conditions: Any) -> list[AuditEvent]:
    return audit_events(domain.engine, AuditFilter(**conditions), 100)


def write_older(domain: Domain, **columns: Any) -> None:
    """Insert a row as versions before 0.2 do, without the newer columns."""
    row = {
        "id": new_row_id(),
        "at": THEN,
        "platform": "",
        "identity": None,
        "instance_id": "",
        "binding_id": "",
        "correlation_id": "",
        "detail": None,
    }
    with domain.engine.begin() as connection:
        connection.execute(insert(audit_event), row | columns)


OLDER = {
    "a platform's bind": (
        {
            "action": "bind",
            "platform": "cf",
            "identity": '{"platform":"cloudfoundry","value":{"user_id":"u-1"}}',
            "instance_id": "i",
            "binding_id": "b",
        },
        ("platform", "cf", "service-binding", "b", {}),
    ),
    "an update's types": (
        {
            "action": "update",
            "platform": "cf",
            "instance_id": "i",
            "detail": "credential-types: binding-secret, x509",
        },
        (
            *("platform", "cf", "service-instance", "i"),
            {"credential_types": ["binding-secret", "x509"]},
        ),
    ),
    "a command of one form": (
        {
            "action": "rotate-secret",
            "identity": '{"platform":"command line","value":{"username":"ann"}}',
            "instance_id": "i",
            "detail": "previous refused",
        },
        ("command-line", "ann", "service-instance", "i", {"text": "previous refused"}),
    ),
    "a command of the other form": (
        {
            "action": "update",
            "platform": "cf",
            "identity": '{"platform":"command line","value":{"user":"ann"}}',
            "instance_id": "i",
        },
        ("command-line", "ann", "service-instance", "i", {}),
    ),
    "a client's revocation": (
        {
            "action": "revoke-tokens",
            "identity": '{"client_id":"sb-a!t1","token_id":"t"}',
            "instance_id": "i",
        },
        ("client", "sb-a!t1", "client", "sb-a!t1", {"token_id": "t"}),
    ),
    "a signing key": (
        {"action": "revoke-signing-key", "identity": '{"signing_keys":["k1","k2"]}'},
        ("system", "", "signing-key", "k1, k2", {"changed": ["k1", "k2"]}),
    ),
    "an authority": (
        {"action": "rotate-authority", "platform": "operator"},
        ("system", "operator", "certificate-authority", "", {}),
    ),
    "an action of a newer version": (
        {"action": "teleport", "platform": "cf", "instance_id": "i"},
        ("platform", "cf", "service-instance", "i", {}),
    ),
}


@pytest.mark.parametrize("name", OLDER)
def test_rows_of_older_versions_are_read_in_the_current_form(domain: Domain, name: str) -> None:
    columns, (actor_kind, actor_id, subject_kind, subject_id, details) = OLDER[name]
    write_older(domain, **columns)
    [event] = events(domain, until=THEN + timedelta(seconds=1))
    assert event.action == columns["action"]
    assert (event.actor.kind, event.actor.id) == (actor_kind, actor_id)
    assert (event.subject.kind, event.subject.id) == (subject_kind, subject_id)
    assert event.details == details
    assert event.outcome == "done"


def test_an_update_records_previous_and_new_types(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"} | BOTH)
    domain.bind("i", "b")
    domain.clock.advance(seconds=1)
    domain.update("i", {"xsappname": "app"} | ONE)
    *_, event = events(domain, instance_id="i")
    assert event.action == Action.UPDATE
    assert event.details["credential_types"] == ["binding-secret"]
    assert event.details["previous_credential_types"] == ["binding-secret", "instance-secret"]
    assert event.details["bindings_cut_off"] == 0
    assert event.zone_guid == domain.instance("i").client.zone.guid


def test_a_refused_update_is_kept_and_a_rehearsed_one_is_not(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"} | BOTH)
    for dry_run in (True, False):
        with pytest.raises(ForbiddenChange):
            domain.update("i", {"xsappname": "else"} | ONE, dry_run=dry_run)
    [event] = events(domain, instance_id="i", outcome="refused")
    assert event.details["reason"].startswith("Cannot change AppId")
    assert event.details["credential_types"] == ["binding-secret"]
    assert domain.instance("i").xsappname == "app"


def test_an_overridden_guard_is_recorded(migrated_url: str) -> None:
    domain = Domain(migrated_url, guard_days=30)
    domain.provision("i", {"xsappname": "app"} | BOTH)
    secret = domain.bind("i", "b", {"credential-type": "instance-secret"})
    found = domain.authenticator.authenticate(secret["clientid"], secret["clientsecret"])
    domain.count_use(found.credential_id)
    domain.clock.advance(seconds=1)
    domain.update("i", {"xsappname": "app", "ignore-credential-usage": True} | ONE)
    *_, event = events(domain, instance_id="i")
    assert event.details["guard_overridden"] == ["instance-secret"]
    domain.close()


def test_another_platform_s_refused_update_leaves_no_event(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"})
    request = UpdateRequest(OPERATOR, "i", SERVICE, None, {"xsappname": "else"}, {})
    with pytest.raises(Exception, match="does not exist"):
        domain.update_(request)
    assert [event.action for event in events(domain, instance_id="i")] == ["provision"]


def test_key_events_have_their_key_and_actor(domain: Domain) -> None:
    both = DataKeys(domain.engine, {"new": bytes(32)} | MASTER_KEYS)
    rewrap(domain.engine, both, OPERATOR)
    domain.provision("i", {"xsappname": "app"} | ONE)
    domain.bind("i", "b")
    rotate(domain.engine, both, [Purpose.SEAL], OPERATOR)
    Reseal(domain.engine, both)(OPERATOR, lambda _: None)
    retire(domain.engine, timedelta(), OPERATOR)
    done = events(domain, actor="operator")
    assert [(event.action, event.subject.kind) for event in done] == [
        ("replace-master-key", "master-key"),
        ("rotate-data-keys", "data-key"),
        ("reseal-data", "database"),
        ("retire-data-keys", "data-key"),
    ]
    assert done[0].subject.id == "new"
    assert done[0].details == {"data_keys": 2}
    assert done[1].details == {"purpose": "seal"}
    assert done[2].details["values"] > 0


def test_database_operations_are_recorded(domain: Domain) -> None:
    lock(domain.engine, "maintenance", OPERATOR)
    unlock(domain.engine, OPERATOR)
    unlock(domain.engine, OPERATOR, reconciled=True)
    domain.provision("i", {"xsappname": "app"})
    orphan = client.insert().values(
        id=new_row_id(),
        zone_row_id=domain.instance("i").client.zone.row_id,
        client_id="sb-orphan!t1",
        app_id="orphan!t1",
        service_instance_guid="gone",
        credential_types="binding-secret",
        authorities="uaa.resource",
        epoch=1,
    )
    with domain.engine.begin() as connection:
        connection.execute(orphan)
    remove_rows(domain.engine, find_problems(domain.engine, domain.keys), OPERATOR)
    done = events(domain, actor="operator")
    assert [event.action for event in done] == [
        *("lock-database", "unlock-database", "reconcile-database", "repair-database"),
    ]
    assert done[0].details == {"reason": "maintenance"}
    assert done[3].details["deleted"] == 1
    assert "orphan" in done[3].details["problems"][0]


def test_pruning_leaves_its_own_event(domain: Domain) -> None:
    write_older(domain, action="bind")
    assert prune_audit_events(domain.engine, THEN + timedelta(days=1), OPERATOR) == 1
    [event] = events(domain, action="prune-audit")
    assert event.details["deleted"] == 1
    assert event.actor.id == "operator"


def test_events_are_found_by_zone_actor_and_subject(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "a"}, organization_guid="one")
    domain.provision("j", {"xsappname": "b"}, organization_guid="two")
    zone = domain.instance("j").client.zone.guid
    assert {event.instance_id for event in events(domain, zone_guid=zone)} == {"j"}
    assert {event.instance_id for event in events(domain, subject="i")} == {"i"}
    assert {event.instance_id for event in events(domain, actor="default")} == {"i", "j"}


def test_a_new_ca_is_recorded_with_its_actor(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"} | X509)
    domain.bind("i", "b")
    domain.bind("i", "c")
    made = events(domain, action="create-authority")
    assert sorted(event.details["role"] for event in made) == ["intermediate", "root"]
    assert {event.actor.id for event in made} == {"default"}


def test_a_secret_pasted_for_a_type_reaches_no_event(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"} | ONE)
    pasted = {"xsappname": "else", "oauth2-configuration": {"credential-types": [SECRET, "x509"]}}
    for parameters in (pasted, {"xsuaa": pasted}):
        with pytest.raises(InvalidRequest):
            domain.update("i", parameters)
    for event in events(domain, instance_id="i", outcome="refused"):
        assert event.details["credential_types"] == ["?", "x509"]
        assert "abcDEF" not in json.dumps(dict(event.details))


@pytest.mark.parametrize("flag", [[], {}, 1, "yes"])
def test_what_is_no_flag_is_no_rehearsal(domain: Domain, flag: Any) -> None:
    domain.provision("i", {"xsappname": "app"} | ONE)
    with pytest.raises(InvalidRequest):
        domain.update("i", {"xsappname": "app", "dry-run": flag})
    assert len(events(domain, outcome="refused")) == 1


def test_rehearsals_are_recognised_in_every_form(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"} | ONE)
    for parameters in (
        {"xsappname": "else", "dry-run ": "true"},
        {"xsuaa": {"xsappname": "else", "dry-run": True}},
    ):
        with pytest.raises(ForbiddenChange):
            domain.update("i", parameters)
    assert events(domain, outcome="refused") == []


def test_a_long_reason_keeps_the_types_beside_it(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"} | ONE)
    with pytest.raises(InvalidRequest):
        domain.update("i", {"xsappname": "app", "ä" * 500: 1, "ö" * 500: 2} | BOTH)
    [event] = events(domain, outcome="refused")
    assert event.details["previous_credential_types"] == ["binding-secret"]


def test_the_backup_s_newest_event_is_none_of_the_restored_database(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"})
    newest = backup_time(domain.engine)
    assert newest == domain.clock.now()
    domain.clock.advance(days=1)
    rotate(domain.engine, domain.keys, [Purpose.SEAL], OPERATOR)
    assert backup_time(domain.engine) == newest
    lock(domain.engine, "restored", OPERATOR)
    domain.provision("j", {"xsappname": "while-it-is-reconciled"})
    assert backup_time(domain.engine) == newest
    unlock(domain.engine, OPERATOR, reconciled=True)
    assert backup_time(domain.engine) == domain.clock.now()
