"""Withdrawals are repeated once in a restored database (D-59)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from broker.audit.search import AuditFilter
from broker.authorization.approvals import Approvals
from broker.identity.providers.administer import NewProvider, Providers
from broker.instances.plan import Plan
from broker.recovery.restore_users import RestoreUsers
from broker.recovery.withdrawal import Refused
from broker.store.identity.users import StoredUsers
from broker.store.reports.audit_trail import audit_events
from broker.store.tables.core import service_instance
from tests.support.domain import APIACCESS, OPERATOR
from tests.support.user_rows import DESCRIPTOR, counts, fill
from tests.support.users import stored_user
from tests.unit.recovery.test_user_changes import line, planned

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain


def test_withdrawals_are_applied_once(on_sqlite: Domain) -> None:
    zone = on_sqlite.provision("i", DESCRIPTOR).instance.client.zone
    anna, berta = stored_user(on_sqlite, zone), stored_user(on_sqlite, zone, "berta")
    cleo = stored_user(on_sqlite, zone, "cleo", origin="corp")
    for each in (anna, berta):
        fill(on_sqlite, each)
    on_sqlite.provision("api", {"xsappname": "api"}, plan=Plan.APIACCESS, plan_id=APIACCESS)
    providers = Providers(on_sqlite.transactions, on_sqlite.clock)
    providers.add(
        OPERATOR,
        "1",
        NewProvider("corp", {"issuer": "https://idp.example.org", "relyingPartyId": "app"}),
    )
    approvals = Approvals(on_sqlite.transactions, on_sqlite.clock)
    assert approvals.approve(OPERATOR, "1", "api").approved
    changes = planned(
        line("deactivate-user", anna.user_id, name="anna"),
        line("unassign-role-collection", anna.user_id, name="anna", collection="Readers"),
        line("delete-user", berta.user_id),
        line("delete-user", "gone"),
        line("deactivate-user", "gone"),
        line("delete-provider", "corp", "identity-provider") | {"zone": zone.guid},
        line("delete-provider", "corp", "identity-provider") | {"zone": "gone"},
        line("change-provider", "sap.default", "identity-provider", changed={"is_active": False})
        | {"zone": zone.guid},
        line("revoke-approval", "api!a1", "application") | {"zone": zone.guid},
        line("revoke-approval", "gone!t1", "application") | {"zone": "gone"},
    ).users
    restore = RestoreUsers(on_sqlite.transactions, on_sqlite.clock)
    assert list(restore(OPERATOR, changes)) == [
        "Deleted user berta (sap.default) again.",
        "Deactivated user anna (sap.default) again.",
        "Took role collection Readers from anna (sap.default) again.",
        f"Deleted identity provider corp of zone {zone.guid} again.",
        f"Switched off identity provider sap.default of zone {zone.guid} again.",
        "Revoked the approval of api!a1 again.",
    ]
    users = StoredUsers(on_sqlite.engine)
    found = users.find(anna.user_id)
    assert found
    assert (found.is_active, found.roles_epoch) == (False, anna.roles_epoch + 1)
    assert counts(on_sqlite, anna)["role_assignment"] == 0
    assert (users.find(berta.user_id), users.find(cleo.user_id)) == (None, None)
    assert on_sqlite.instance("api").approved_at is None
    events = audit_events(on_sqlite.engine, AuditFilter(actor="operator"), 20)
    repeated = [each.action for each in events if each.details.get("after_restore")]
    assert len(repeated) == 3
    assert list(restore(OPERATOR, changes)) == []


def test_withdrawals_reach_mixed_zones_and_all_others(on_sqlite: Domain) -> None:
    """D-53: nothing can be administered there, but the backup restored what was withdrawn."""
    references = ["xs_user.read"]
    for name in ("mixed", "other"):
        on_sqlite.provision(
            name,
            {"xsappname": name, "foreign-scope-references": references},
            organization_guid=name,
        )
    zones = {name: on_sqlite.instance(name).client.zone for name in ("mixed", "other")}
    providers = Providers(on_sqlite.transactions, on_sqlite.clock)
    approvals = Approvals(on_sqlite.transactions, on_sqlite.clock)
    lines = []
    for name, zone in zones.items():
        for origin in ("deleted", "inactive"):
            configuration = {"issuer": f"https://{origin}.example.org", "relyingPartyId": "app"}
            providers.add(OPERATOR, zone.guid, NewProvider(origin, configuration))
        app_id = approvals.approve(OPERATOR, zone.guid, name).app_id
        lines += [
            line("delete-provider", "deleted", "identity-provider") | {"zone": zone.guid},
            line("change-provider", "inactive", "identity-provider", changed={"is_active": False})
            | {"zone": zone.guid},
            # A split after the backup gave the application another zone.
            line("revoke-approval", app_id, "application") | {"zone": "of a later split"},
        ]
    mix(on_sqlite, zones["mixed"])
    restore = RestoreUsers(on_sqlite.transactions, on_sqlite.clock)
    done = list(restore(OPERATOR, planned(*lines).users))
    guids = [zone.guid for zone in zones.values()]
    assert done == [
        *(f"Deleted identity provider deleted of zone {guid} again." for guid in guids),
        *(f"Switched off identity provider inactive of zone {guid} again." for guid in guids),
        "Revoked the approval of mixed!t1 again.",
        "Revoked the approval of other!t2 again.",
    ]
    assert [each.approved_at for each in approvals.all()] == [None, None]
    assert list(restore(OPERATOR, planned(*lines).users)) == []


def test_a_refused_withdrawal_is_named_and_the_others_are_applied(on_sqlite: Domain) -> None:
    zone = on_sqlite.provision("i").instance.client.zone
    configuration = {"issuer": "https://idp.example.org", "relyingPartyId": "app"}
    Providers(on_sqlite.transactions, on_sqlite.clock).add(
        OPERATOR, "1", NewProvider("corp", configuration)
    )
    changes = planned(
        line("delete-provider", "sap.default", "identity-provider") | {"zone": zone.guid},
        line("delete-provider", "corp", "identity-provider") | {"zone": zone.guid},
    ).users
    refused, deleted = RestoreUsers(on_sqlite.transactions, on_sqlite.clock)(OPERATOR, changes)
    assert isinstance(refused, Refused)
    assert refused.startswith(
        f"Not deleted again: identity provider sap.default of zone {zone.guid}: sap.default is"
    )
    assert deleted == f"Deleted identity provider corp of zone {zone.guid} again."


def mix(domain: Domain, zone: Zone) -> None:
    """Put an instance of another tenant into the zone, as an earlier version did."""
    domain.provision("second", {"xsappname": "second"}, organization_guid="mixed")
    with domain.engine.begin() as connection:
        connection.execute(
            update(service_instance)
            .where(service_instance.c.instance_id == "second")
            .values(tenant="organization:another")
        )
    assert domain.transactions.read(lambda store: store.tenants.is_mixed(zone))
