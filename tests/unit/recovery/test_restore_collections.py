"""Withdrawals of role collections and custom roles are repeated once (D-59)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from broker.audit.search import AuditFilter, RecordedEvent
from broker.authorization.collections.custom_roles import CustomRole, ZoneRoles
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping, RoleAttribute, RoleKey
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.cli.audit import _as_json
from broker.errors import NotFound
from broker.recovery.reconcile import event_of, from_log
from broker.recovery.restore_collections import RestoreCollections
from broker.store.identity.users import StoredUsers
from broker.store.reports.audit_trail import audit_events
from tests.support.domain import OPERATOR
from tests.support.role_collections import assign, descriptor
from tests.support.users import stored_user
from tests.unit.recovery.test_user_changes import line, planned

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from broker.recovery.reconcile import Reconciliation
    from tests.support.domain import Domain

VIEWER, EDITOR = (RoleKey("app!t1", name, name) for name in ("Viewer", "Editor"))
CUSTOM = RoleKey("app!t1", "Viewer", "Berlin")
STAFF, GUESTS = (CollectionMapping("Team", "corp", "Groups", each) for each in ("staff", "guests"))


def fill(domain: Domain) -> Zone:
    """Put the domain into the state of the backup; return its zone."""
    zone = domain.provision("i", descriptor("app", "All", "Other")).instance.client.zone
    anna = stored_user(domain, zone)
    collections, mappings = (
        ZoneCollections(domain.transactions),
        MapCollections(domain.transactions),
    )
    for name in ("Team", "Doomed"):
        collections.create(OPERATOR, zone.guid, name, None)
        collections.add_roles(OPERATOR, zone.guid, name, VIEWER)
    ZoneRoles(domain.transactions).create(OPERATOR, zone.guid, CustomRole(CUSTOM, None, {}))
    for key in (EDITOR, CUSTOM):
        collections.add_roles(OPERATOR, zone.guid, "Team", key)
    for name in ("All", "Other", "Doomed"):
        assign(domain, anna, name)
    for mapping in (STAFF, GUESTS, CollectionMapping("All", "corp", "Groups", "staff")):
        mappings.map(OPERATOR, zone.guid, mapping)
    return zone


def withdraw(domain: Domain, zone: Zone) -> None:
    """Withdraw by the operations whose events a reconciliation reads."""
    collections = ZoneCollections(domain.transactions)
    domain.update("i", descriptor("app", "Other") | {"force": True})
    MapCollections(domain.transactions).unmap(OPERATOR, zone.guid, STAFF)
    collections.remove_roles(OPERATOR, zone.guid, "Team", EDITOR)
    ZoneRoles(domain.transactions).delete(OPERATOR, zone.guid, CUSTOM)
    collections.delete(OPERATOR, zone.guid, "Doomed")


def from_trail(domain: Domain) -> Reconciliation:
    """Return the plan by the output of ``audit list``, whose events all follow the backup."""
    trail = audit_events(domain.engine, AuditFilter(), None)
    events = [event for each in trail if (event := event_of(_as_json(RecordedEvent(1, each))))]
    return from_log(events, datetime.min.replace(tzinfo=UTC), may_have_gaps=True)


def test_withdrawals_of_the_audit_trail_are_applied_once(domain: Domain) -> None:
    zone = fill(domain)
    withdraw(domain, zone)
    changes = from_trail(domain).collections
    refill(domain, zone)
    collections = ZoneCollections(domain.transactions)
    [assigned] = collections.show(zone.guid, "Other").assignments
    users = StoredUsers(domain.engine)
    before = users.find(assigned.user_id)
    restore = RestoreCollections(domain.transactions)
    assert list(restore(OPERATOR, changes)) == [
        (
            "Ended the use of role collections of service instance i again (All): 1 user and 1"
            " mapping."
        ),
        (
            "Removed the mapping of Groups=staff (corp) to role collection Team of zone"
            f" {zone.guid} again."
        ),
        f"Removed role {EDITOR} from role collection Team of zone {zone.guid} again.",
        f"Deleted role {CUSTOM} of zone {zone.guid} again.",
        f"Deleted role collection Doomed of zone {zone.guid} again.",
    ]
    team, all_ = (collections.show(zone.guid, name) for name in ("Team", "All"))
    assert (team.roles, [each.value for each in team.mappings]) == ([VIEWER], ["guests"])
    assert (all_.assignments, all_.mappings) == ([], [])
    assert len(collections.show(zone.guid, "Other").assignments) == 1
    with pytest.raises(NotFound):
        collections.show(zone.guid, "Doomed")
    after = users.find(assigned.user_id)
    assert before
    assert after
    assert after.roles_epoch > before.roles_epoch
    [update] = [
        each
        for each in audit_events(domain.engine, AuditFilter(action="update"), None)
        if each.details.get("after_restore")
    ]
    assert update.details["dropped_role_collections"] == ["All"]
    assert list(restore(OPERATOR, changes)) == []


def refill(domain: Domain, zone: Zone) -> None:
    """Undo ``withdraw``, as the restore of the backup does."""
    domain.update("i", descriptor("app", "All", "Other"))
    collections, mappings = (
        ZoneCollections(domain.transactions),
        MapCollections(domain.transactions),
    )
    collections.create(OPERATOR, zone.guid, "Doomed", None)
    ZoneRoles(domain.transactions).create(OPERATOR, zone.guid, CustomRole(CUSTOM, None, {}))
    for key in (EDITOR, CUSTOM):
        collections.add_roles(OPERATOR, zone.guid, "Team", key)
    for mapping in (STAFF, CollectionMapping("All", "corp", "Groups", "staff")):
        mappings.map(OPERATOR, zone.guid, mapping)
    anna = domain.transactions.read(lambda store: store.users.named(zone, "sap.default", "anna"))
    assert anna
    assign(domain, anna, "All")


def test_what_does_not_exist_is_skipped(on_sqlite: Domain) -> None:
    zone = on_sqlite.provision("i", descriptor("app", "All")).instance.client.zone
    ZoneCollections(on_sqlite.transactions).create(OPERATOR, zone.guid, "Team", None)
    mapping = {"origin": "corp", "attribute": "Groups", "value": "staff"}
    role = {"application": "app!t1", "template": "Viewer"}
    lines = []
    for guid, name in ((zone.guid, "Team"), (zone.guid, "gone"), ("gone", "Team")):
        lines += [
            each | {"zone": guid}
            for each in (
                line("unmap-role-collection", name, "role-collection", **mapping),
                line(
                    "change-role-collection",
                    name,
                    "role-collection",
                    roles=[],
                    previous_roles=[str(VIEWER)],
                ),
                line("delete-role", "Berlin", "role", **role),
            )
        ]
    lines.append(line("delete-role-collection", "gone", "role-collection") | {"zone": zone.guid})
    for instance in ("i", "gone"):
        dropped = line(
            "update", instance, "service-instance", dropped_role_collections=["All", "X"]
        )
        lines.append(dropped | {"instance_id": instance})
    changes = planned(*lines).collections
    assert len(list(changes.withdrawals())) == 3 + 3 + 2 + 1 + 4
    assert list(RestoreCollections(on_sqlite.transactions)(OPERATOR, changes)) == []


def test_a_refused_withdrawal_is_named_and_the_others_are_applied(on_sqlite: Domain) -> None:
    """A declared collection or a default role may have the name of one that was deleted."""
    zone = on_sqlite.provision("i", descriptor("app", "All")).instance.client.zone
    ZoneCollections(on_sqlite.transactions).create(OPERATOR, zone.guid, "Team", None)
    role = {"application": "app!t1", "template": "Viewer"}
    changes = planned(
        line("delete-role", "Viewer", "role", **role) | {"zone": zone.guid},
        line("delete-role-collection", "All", "role-collection") | {"zone": zone.guid},
        line("delete-role-collection", "Team", "role-collection") | {"zone": zone.guid},
    ).collections
    default, declared, team = RestoreCollections(on_sqlite.transactions)(OPERATOR, changes)
    assert default.startswith(f"Not deleted again: role {VIEWER} of zone {zone.guid}: Role Viewer")
    assert declared.startswith(f"Not deleted again: role collection All of zone {zone.guid}: ")
    assert team == f"Deleted role collection Team of zone {zone.guid} again."


def test_attribute_values_are_taken_away_again(domain: Domain) -> None:
    """Those that the last change did not leave; what it gave is not given."""
    attributes = [{"name": "Country"}, {"name": "Cost", "valueRequired": False}]
    templates = [{"name": "Viewer", "attribute-references": ["Country", "Cost"]}]
    declared = {"xsappname": "app", "attributes": attributes, "role-templates": templates}
    zone = domain.provision("i", declared).instance.client.zone
    roles = ZoneRoles(domain.transactions)
    backup = {"Country": RoleAttribute("static", ("DE", "FR"))}
    roles.create(OPERATOR, zone.guid, CustomRole(CUSTOM, "A role", backup))
    for changed in (
        {"Country": RoleAttribute("static", ("DE",))},
        {"Country": RoleAttribute("static", ("DE", "AT")), "Cost": RoleAttribute("static", ("1",))},
    ):
        roles.change(OPERATOR, zone.guid, CustomRole(CUSTOM, "A role", changed))
    changes = from_trail(domain).collections
    roles.change(OPERATOR, zone.guid, CustomRole(CUSTOM, "A role", backup))
    restore = RestoreCollections(domain.transactions)
    assert list(restore(OPERATOR, changes)) == [
        f"Restricted the attribute values of role {CUSTOM} of zone {zone.guid} again."
    ]
    [found] = [each for each in roles.all(zone.guid) if each.key == CUSTOM]
    assert found.description == "A role"
    assert found.attributes == {
        "Country": RoleAttribute("static", ("DE",)),
        "Cost": RoleAttribute("static", ("1",)),
    }
    assert list(restore(OPERATOR, changes)) == []
