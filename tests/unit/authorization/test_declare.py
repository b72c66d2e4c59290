"""Validation against the database: all violations at once, before anything is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import InvalidRequest
from broker.identity.zone import ZoneRule
from broker.store.zones import ZoneTable

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

ROLES = {
    "role-templates": [{"name": "Viewer"}],
    "role-collections": [{"name": "All", "role-template-references": ["$XSAPPNAME.Viewer"]}],
}


def refused_paths(domain: Domain, parameters: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        domain.provision("j", parameters)
    return [violation.path for violation in refused.value.violations]


def test_every_violation_is_reported_at_once(on_sqlite: Domain) -> None:
    on_sqlite.shared_domains = ("apps.example.org",)
    on_sqlite.use_zone_rules(())
    on_sqlite.provision("i", {"xsappname": "app", **ROLES})
    assert refused_paths(
        on_sqlite,
        {
            "xsappname": "other",
            "authorities": ["b!t99.read"],
            "oauth2-configuration": {"redirect-uris": ["https://*.apps.example.org/callback"]},
            **ROLES,
        },
    ) == [
        "authorities[0]",
        "oauth2-configuration.redirect-uris[0]",
        "role-collections[0].name",
    ]


def test_a_refused_descriptor_stores_nothing(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "app", **ROLES})
    refused_paths(on_sqlite, {"xsappname": "other", **ROLES})
    assert [
        each.instance_id for each in on_sqlite.transactions.read(lambda r: r.instances.all())
    ] == ["i"]


def test_the_own_collection_of_an_update_is_not_taken(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", {"xsappname": "app", **ROLES})
    on_sqlite.update("i", {"xsappname": "app", "description": "changed", **ROLES})
    assert on_sqlite.instance("i").parameters["description"] == "changed"


def test_a_reference_to_a_zone_without_a_rule_is_reported_and_kept(on_sqlite: Domain) -> None:
    found = on_sqlite.provision(
        "i", {"xsappname": "app", "authorities": ["$XSAPPNAME(application,sap-provisioning,other)"]}
    )
    assert len(found.notes) == 1
    assert "authorities[0]" in found.notes[0]
    assert "sap-provisioning" in found.notes[0]
    assert [each.target_app_id for each in on_sqlite.references("i")] == [None]


def test_zones_of_grantees_notice_a_grant_that_begins_and_ends(
    on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-36."""
    on_sqlite.use_zone_rules([ZoneRule("shared", organization_guid="grantee")])
    grantee = on_sqlite.provision("b", {"xsappname": "b"}, organization_guid="grantee")
    owner = on_sqlite.provision("a", {"xsappname": "a"})
    changed: list[int] = []
    notice = ZoneTable.grants_changed

    def noted(table: ZoneTable, zone: Zone) -> None:
        changed.append(zone.index)
        notice(table, zone)

    monkeypatch.setattr(ZoneTable, "grants_changed", noted)
    grant = [
        {
            "name": "$XSAPPNAME.read",
            "grant-as-authority-to-apps": ["$XSAPPNAME(application,shared,b)"],
        }
    ]
    ours, theirs = (found.instance.client.zone.index for found in (owner, grantee))
    for parameters in ({"xsappname": "a", "scopes": grant}, {"xsappname": "a"}):
        changed.clear()
        on_sqlite.update("a", parameters)
        assert set(changed) == {ours, theirs}
    changed.clear()
    on_sqlite.update("a", {"xsappname": "a", "description": "no grant at all"})
    assert set(changed) == {ours}
