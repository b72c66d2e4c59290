"""Provision: derived values, conflicts, and refusals before anything is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.descriptor import parse
from broker.descriptor.model import CredentialType
from broker.errors import AlreadyExists, InvalidRequest
from broker.instances.plan import Plan
from tests.support.domain import APIACCESS, Domain

DESCRIPTOR = {"xsappname": "app", "description": "one"}
OAUTH_GRANTS = "oauth2-configuration.grant-types"
GUID = "0a1b2c3d-0000-4000-8000-000000000001"
PLAN_APIACCESS: dict[str, Any] = {"plan": Plan.APIACCESS, "plan_id": APIACCESS}


def refused_paths(domain: Domain, *arguments: Any, **changes: Any) -> list[str]:
    with pytest.raises(InvalidRequest) as refused:
        domain.provision(*arguments, **changes)
    return [violation.path for violation in refused.value.violations]


def stored(domain: Domain) -> list[str]:
    return [
        each.instance_id for each in domain.transactions.read(lambda found: found.instances.all())
    ]


def test_names_consist_of_xsappname_plan_and_zone(on_sqlite: Domain) -> None:
    client = on_sqlite.provision("i", DESCRIPTOR).instance.client
    assert (client.app_id, client.client_id) == ("app!t1", "sb-app!t1")
    assert client.service_instance_guid == "i"
    assert client.credential_types == (CredentialType.INSTANCE_SECRET,)
    assert client.authorities == ("uaa.resource",)
    assert "client_credentials" in client.grant_types
    assert (client.token_validity, client.accepts_grants, client.epoch) == (None, False, 1)
    assert on_sqlite.instance("i").client == client


@pytest.mark.parametrize("instance_id", [GUID, "my-uaa"])
def test_an_instance_without_descriptor_is_named_by_its_id(
    on_sqlite: Domain, instance_id: str
) -> None:
    """H-04."""
    found = on_sqlite.provision(instance_id).instance
    assert found.xsappname.startswith("na-")
    assert (found.xsappname == f"na-{GUID}") == (instance_id == GUID)
    assert len(found.xsappname) == len(f"na-{GUID}")


def test_plan_apiaccess_has_binding_secrets_and_needs_no_parameters(on_sqlite: Domain) -> None:
    client = on_sqlite.provision("i", **PLAN_APIACCESS).instance.client
    assert client.app_id.endswith("!a1")
    assert client.app_id.startswith("na-")
    assert client.credential_types == (CredentialType.BINDING_SECRET,)
    assert client.authorities == ("uaa.resource",)


def test_plan_apiaccess_takes_a_name_and_a_validity(on_sqlite: Domain) -> None:
    """H-06."""
    on_sqlite.provision("application", {"xsappname": "admin"})
    types = {"credential-types": ["x509", "binding-secret"], "token-validity": 3600}
    parameters = {"xsappname": "admin", "oauth2-configuration": types}
    found = on_sqlite.provision("i", parameters, **PLAN_APIACCESS)
    client = found.instance.client
    assert (client.app_id, client.client_id) == ("admin!a1", "sb-admin!a1")
    assert client.credential_types == (CredentialType.BINDING_SECRET,)
    assert (client.token_validity, client.accepts_grants) == (3600, False)
    assert client.grant_types == ("client_credentials",)
    assert ["x509 has no effect" in note for note in found.notes] == [True, False]
    assert refused_paths(on_sqlite, "j", {"xsappname": "admin"}, **PLAN_APIACCESS) == ["xsappname"]
    assert not on_sqlite.provision("i", parameters, **PLAN_APIACCESS).created


@pytest.mark.parametrize(
    ("parameters", "path"), [(DESCRIPTOR, "description"), ({"xsappname": "uaa"}, "xsappname")]
)
def test_plan_apiaccess_takes_nothing_else(
    on_sqlite: Domain, parameters: dict[str, Any], path: str
) -> None:
    assert refused_paths(on_sqlite, "j", parameters, **PLAN_APIACCESS) == [path]
    assert stored(on_sqlite) == []


def test_a_list_of_types_is_stored_as_it_is_now(on_sqlite: Domain) -> None:
    """D-01."""
    listed = {"oauth2-configuration": {"credential-types": ["x509", "binding-secret"]}}
    assert on_sqlite.provision("i", DESCRIPTOR | listed).instance.client.credential_types == (
        CredentialType.X509,
        CredentialType.BINDING_SECRET,
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"service_id": "other"},
        {"plan_id": "other"},
        {"organization_guid": "other"},
        {"space_guid": "other"},
        {"parameters": {"xsappname": "app"}},
        {"parameters": {}},
    ],
)
def test_a_repetition_with_another_attribute_conflicts(
    on_sqlite: Domain, changes: dict[str, Any]
) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    with pytest.raises(AlreadyExists):
        on_sqlite.provision("i", **({"parameters": DESCRIPTOR} | changes))
    again = on_sqlite.provision("i", DESCRIPTOR, context={"instance_name": "renamed"})
    assert not again.created


def test_the_instances_of_a_zone_are_limited(on_sqlite: Domain) -> None:
    on_sqlite.max_instances = 2
    on_sqlite.use_zone_rules(())
    for name in "ab":
        on_sqlite.provision(name, {"xsappname": name})
    assert refused_paths(on_sqlite, "c", {"xsappname": "c"}) == ["service instance"]
    assert on_sqlite.provision("c", {"xsappname": "c"}, organization_guid="other").created
    on_sqlite.deprovision("a")
    assert on_sqlite.provision("d", {"xsappname": "d"}).created


def test_a_name_is_taken_within_the_zone(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    assert refused_paths(on_sqlite, "j", DESCRIPTOR) == ["xsappname"]
    assert stored(on_sqlite) == ["i"]


def test_the_name_of_a_deleted_application_is_kept_for_its_space_for_a_day(
    on_sqlite: Domain,
) -> None:
    """D-30: tokens of the deleted application may live as long."""
    on_sqlite.provision("i", DESCRIPTOR)
    on_sqlite.bind("i", "b")
    on_sqlite.deprovision("i")
    assert refused_paths(on_sqlite, "j", DESCRIPTOR, space_guid="other") == ["xsappname"]
    on_sqlite.clock.advance(hours=23, minutes=59)
    assert refused_paths(on_sqlite, "j", DESCRIPTOR, space_guid="other") == ["xsappname"]
    on_sqlite.clock.advance(minutes=1)
    assert on_sqlite.provision("j", DESCRIPTOR, space_guid="other").created


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"xsappname": "app", "dry-run": "true"}, "dry-run"),
        ({"xsappname": "UAA"}, "xsappname"),
        ({"xsappname": "operator"}, "xsappname"),
        ({"xsappname": "app", "oauth2-configuration": {"grant-types": None}}, OAUTH_GRANTS),
        ({"description": "no name"}, "xsappname"),
    ],
)
def test_a_refused_descriptor_leaves_nothing(
    on_sqlite: Domain, parameters: dict[str, Any], path: str
) -> None:
    assert refused_paths(on_sqlite, "i", parameters) == [path]
    assert stored(on_sqlite) == []


def test_older_instances_keep_reserved_names(
    on_sqlite: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor = {"xsappname": "Operator", "scopes": None}
    with monkeypatch.context() as before:
        before.setattr(parse, "is_reserved", lambda _: False)
        on_sqlite.provision("i", descriptor)
    assert not on_sqlite.provision("i", descriptor).created
    on_sqlite.update("i", {**descriptor, "description": "new"})
    assert on_sqlite.instance("i").client.app_id == "Operator!t1"
    assert refused_paths(on_sqlite, "j", descriptor) == ["xsappname"]


def test_a_repetition_is_accepted_under_stricter_rules(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    with pytest.MonkeyPatch.context() as now:
        now.setattr(parse, "is_reserved", lambda _: True)
        assert not on_sqlite.provision("i", DESCRIPTOR).created
        changed = {**DESCRIPTOR, "description": "two"}
        assert refused_paths(on_sqlite, "i", changed) == ["xsappname"]


def test_an_instance_without_descriptor_gets_one_by_update(on_sqlite: Domain) -> None:
    name = on_sqlite.provision("i").instance.xsappname
    on_sqlite.update("i", {"xsappname": name, "scopes": [{"name": "$XSAPPNAME.read"}]})
    assert on_sqlite.instance("i").xsappname == name


def test_keys_without_effect_are_noted(on_sqlite: Domain) -> None:
    found = on_sqlite.provision("i", {"xsuaa": {**DESCRIPTOR, "authorities-inheritance": []}})
    assert found.created
    assert [note.partition(" ")[0] for note in found.notes] == ["authorities-inheritance"]


@pytest.mark.parametrize("is_dev", [True, False])
def test_plan_apiaccess_is_approved_at_once_in_mode_dev(on_sqlite: Domain, *, is_dev: bool) -> None:
    """D-57."""
    on_sqlite.provision_ = replace(on_sqlite.provision_, approves_apiaccess=is_dev)
    found = on_sqlite.provision("i", **PLAN_APIACCESS)
    on_sqlite.provision("j", DESCRIPTOR)
    now, zone = on_sqlite.clock.now(), found.instance.client.zone.subdomain
    assert on_sqlite.instance("i").approved_at == (now if is_dev else None)
    assert on_sqlite.instance("j").approved_at is None
    assert ("xs_user.read" in on_sqlite.scopes("i")) is is_dev
    needed = (
        "Tokens contain only uaa.resource until the operator or an administrator of the zone"
        f" approves this service instance: applications approve {found.instance.client.app_id}"
        f" --zone {zone}."
    )
    assert found.notes == ([] if is_dev else [needed])
