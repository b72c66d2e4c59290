"""Rights on both databases: collections, roles, references between applications (I-130…I-143)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, event, insert, select, update

from broker.descriptor.declarations import Usage
from broker.errors import GrantRefused
from broker.identity.user import Snapshot
from broker.identity.zone import ZoneRule
from broker.ids import new_row_id
from broker.store.authorization.user_rights import StoredRoles
from broker.store.tables.core import client as client_table
from broker.store.tables.declared import (
    application_reference,
    attribute,
    role,
    role_attribute,
    role_template,
)
from tests.support.rights import approve, assign, decided_rights, map_, rights_at, settings_of
from tests.support.swapped_owners import unbind
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain

EVERY = ("openid", "uaa.user")


def app(name: str, **members: Any) -> dict[str, Any]:
    return {
        "xsappname": name,
        "scopes": [{"name": "$XSAPPNAME.read"}, {"name": "$XSAPPNAME.write"}],
        "role-templates": [
            {"name": "Reader", "scope-references": ["$XSAPPNAME.read", "uaa.user"]},
            {"name": "Writer", "scope-references": ["$XSAPPNAME.write"]},
        ],
        "role-collections": [
            {"name": f"{name} readers", "role-template-references": ["$XSAPPNAME.Reader"]},
            {"name": f"{name} writers", "role-template-references": ["$XSAPPNAME.Writer"]},
        ],
        **members,
    }


def a_user_of(domain: Domain, instance_id: str, *collections: str, **changes: Any) -> User:
    """Store a user of the instance's zone, with these role collections."""
    user = stored_user(domain, domain.instance(instance_id).client.zone, **changes)
    for name in collections:
        assign(domain, user, name)
    return user


def test_scopes_of_assigned_collections(domain: Domain) -> None:
    """I-130, I-131, I-134, I-136, I-139."""
    descriptor = app("a")
    domain.provision("i", descriptor)
    user = a_user_of(domain, "i")
    assert rights_at(domain, user, "i", descriptor).scopes == EVERY
    assign(domain, user, "a readers")
    found = rights_at(domain, user, "i", descriptor)
    assert found.scopes == ("a!t1.read", *EVERY)
    assert found.attributes == {}
    assert found.system_attributes == {"xs.rolecollections": ("a readers",)}
    assign(domain, user, "a writers")
    requested = rights_at(domain, user, "i", descriptor, requested="a!t1.write,openid")
    assert requested.scopes == ("a!t1.write", "openid")
    limited = rights_at(domain, user, "i", descriptor, limit=["a!t1.read", "other"])
    assert limited.scopes == ("a!t1.read",)


def test_another_users_collections_give_nothing(on_sqlite: Domain) -> None:
    descriptor = app("a")
    on_sqlite.provision("i", descriptor)
    anna = a_user_of(on_sqlite, "i")
    a_user_of(on_sqlite, "i", "a readers", name="ben")
    assert rights_at(on_sqlite, anna, "i", descriptor).scopes == EVERY


def test_expired_assignments_and_old_snapshots_give_nothing(domain: Domain) -> None:
    """I-08, I-133, I-161; the cached decision ends, too."""
    descriptor = app("a")
    domain.provision("i", descriptor)
    now = domain.clock.now()
    snapshot = Snapshot(("admins",), {"Department": ("IT",)}, now)
    user = a_user_of(domain, "i", origin="corporate", snapshot=snapshot)
    assign(domain, user, "a readers", expires_at=now + timedelta(hours=1))
    map_(domain, user, "a writers", "groups", "admins")
    map_(domain, user, "a readers", "Department", "admins")
    rights, client = decided_rights(domain), domain.instance("i").client
    settings = settings_of(descriptor)
    found = rights.of(user, client, settings)
    assert found.scopes == ("a!t1.read", "a!t1.write", *EVERY)
    assert found.system_attributes == {
        "xs.rolecollections": ("a readers", "a writers"),
        "xs.saml.groups": ("admins",),
    }
    domain.clock.advance(hours=1)
    assert rights.of(user, client, settings).scopes == ("a!t1.write", *EVERY)
    domain.clock.advance(days=7)
    ended = rights.of(user, client, settings)
    assert ended.scopes == EVERY
    assert ended.system_attributes == {"xs.rolecollections": ()}


def test_mappings_of_other_zones_and_origins_give_nothing(on_sqlite: Domain) -> None:
    """I-133: the same group name in another zone."""
    for instance, organization in (("i", "org"), ("j", "other-org")):
        on_sqlite.provision(
            instance, app("a"), organization_guid=organization, space_guid=organization
        )
    snapshot = Snapshot(("admins",), {}, on_sqlite.clock.now())
    user = a_user_of(on_sqlite, "i", origin="corporate", snapshot=snapshot)
    other = a_user_of(on_sqlite, "j", origin="corporate", snapshot=snapshot)
    map_(on_sqlite, other, "a readers", "Groups", "admins")
    map_(on_sqlite, replace(user, origin="elsewhere"), "a readers", "Groups", "admins")
    assert rights_at(on_sqlite, user, "i", app("a")).scopes == EVERY
    with pytest.raises(GrantRefused, match="No scopes were granted") as refused:
        rights_at(on_sqlite, other, "i", app("a"))
    assert refused.value.is_unauthorized


def test_one_statement_and_none_while_nothing_changes(on_sqlite: Domain) -> None:
    """I-143: each epoch ends the cached decision."""
    descriptor = app("a")
    on_sqlite.provision("i", descriptor)
    user = a_user_of(on_sqlite, "i", "a readers")
    rights, client = decided_rights(on_sqlite), on_sqlite.instance("i").client
    statements: list[str] = []
    event.listen(
        on_sqlite.engine, "before_cursor_execute", lambda *given: statements.append(given[2])
    )
    for _ in range(3):
        rights.of(user, client, settings_of(descriptor))
    assert len([each for each in statements if "role_assignment" in each]) == 1
    zone = replace(client.zone, grants_epoch=client.zone.grants_epoch + 1)
    for number, (changed, at) in enumerate(
        (
            (replace(user, roles_epoch=2), client),
            (replace(user, zone_roles_epoch=1), client),
            (user, replace(client, epoch=client.epoch + 1)),
            (user, replace(client, zone=zone)),
        )
    ):
        rights.of(changed, at, settings_of(descriptor))
        assert len([each for each in statements if "role_assignment" in each]) == number + 2


def owner(*grantees: str) -> dict[str, Any]:
    scopes = [{"name": "$XSAPPNAME.read", "granted-apps": list(grantees)}]
    return app("owner", scopes=[*scopes, {"name": "$XSAPPNAME.write"}])


CONSUMER = "$XSAPPNAME(application,consumer)"
OF_OWNER = "$XSAPPNAME(application,owner)"


def consumer(*accepted: str, template: str | None = None) -> dict[str, Any]:
    found = app("consumer", **{"foreign-scope-references": list(accepted)})
    if template is not None:
        found["role-templates"][0]["scope-references"].append(template)
    return found


@pytest.mark.parametrize(
    ("grantees", "template", "is_granted"),
    [
        ([CONSUMER], f"{OF_OWNER}.read", True),
        (["consumer"], "owner.read", True),
        (["*"], f"{OF_OWNER}.read", True),
        ([], f"{OF_OWNER}.read", False),
        (["$XSAPPNAME(application,another)"], f"{OF_OWNER}.read", False),
        ([CONSUMER], f"{OF_OWNER}.write", False),
        ([CONSUMER], "$XSAPPNAME(application,absent).read", False),
        ([CONSUMER], None, False),
    ],
)
def test_foreign_scopes_of_an_own_template_need_a_grant(
    domain: Domain, grantees: list[str], template: str | None, *, is_granted: bool
) -> None:
    """I-130, I-132: the reference is the acceptance."""
    domain.provision("o", owner(*grantees))
    descriptor = consumer(template=template)
    domain.provision("c", descriptor)
    user = a_user_of(domain, "c", "consumer readers")
    foreign = ("owner!t1.read",) if is_granted else ()
    assert rights_at(domain, user, "c", descriptor).scopes == (
        "consumer!t1.read",
        "openid",
        *foreign,
        "uaa.user",
    )


def test_requested_scopes_that_no_database_looks_up_are_unknown(domain: Domain) -> None:
    descriptor = consumer("$ACCEPT_GRANTED_SCOPES")
    domain.provision("c", descriptor)
    user = a_user_of(domain, "c")
    for name in ("owner!t1.\0", "\0.read", "\ud800.read"):
        with pytest.raises(GrantRefused, match="Invalid scope"):
            rights_at(domain, user, "c", descriptor, requested=f"openid {name}")


@pytest.mark.parametrize(
    ("grantees", "accepted", "is_granted"),
    [
        ([CONSUMER], ["$ACCEPT_GRANTED_SCOPES"], True),
        (["*"], ["$ACCEPT_GRANTED_SCOPES"], True),
        ([CONSUMER], [OF_OWNER], True),
        ([CONSUMER], [f"{OF_OWNER}.read"], True),
        ([CONSUMER], [f"{OF_OWNER}.write"], False),
        ([CONSUMER], ["$XSAPPNAME(application,another)"], False),
        ([CONSUMER], [], False),
        ([], ["$ACCEPT_GRANTED_SCOPES"], False),
    ],
)
def test_scopes_of_roles_in_other_applications_need_grant_and_acceptance(
    on_sqlite: Domain, grantees: list[str], accepted: list[str], *, is_granted: bool
) -> None:
    """I-132; the user has the scope by a role of the owner."""
    on_sqlite.provision("o", owner(*grantees))
    descriptor = consumer(*accepted)
    on_sqlite.provision("c", descriptor)
    user = a_user_of(on_sqlite, "c", "owner readers", "owner writers")
    foreign = ("owner!t1.read",) if is_granted else ()
    found = rights_at(on_sqlite, user, "c", descriptor)
    assert found.scopes == ("openid", *foreign, "uaa.user")
    assert found.system_attributes["xs.rolecollections"] == ("owner readers", "owner writers")
    without_role = a_user_of(on_sqlite, "c", name="ben")
    if is_granted:
        requested = rights_at(
            on_sqlite, without_role, "c", descriptor, requested="openid owner!t1.read"
        )
        assert requested.scopes == ("openid",)
    else:
        with pytest.raises(GrantRefused, match=r"Invalid scope: owner!t1\.read") as refused:
            rights_at(on_sqlite, without_role, "c", descriptor, requested="openid owner!t1.read")
        assert refused.value.code == "invalid_scope"


@pytest.mark.parametrize(
    "reference", ["$XSAPPNAME(application,a).Reader", "a.Reader", "$XSSERVICENAME(my-a).Reader"]
)
def test_roles_of_other_applications_in_a_declared_collection(
    domain: Domain, reference: str
) -> None:
    """I-158: the default role of the pinned template, in tokens of its own application.

    The other application was renamed before owners were bound.
    """
    unbind(domain)
    domain.provision("i", app("a"), context={"instance_name": "my-a"})
    mixed = {"name": "Mixed", "role-template-references": [reference]}
    domain.provision("j", app("b", **{"role-collections": [mixed]}))
    user = a_user_of(domain, "i", "Mixed")
    assert rights_at(domain, user, "i", app("a")).scopes == ("a!t1.read", *EVERY)
    assert rights_at(domain, user, "j", app("b")).scopes == EVERY
    rename(domain, "a!t1", "uaa!t1")
    client = domain.instance("i").client
    assert decided_rights(domain).of(user, client, settings_of(app("a"))).scopes == EVERY


def test_a_grant_takes_effect_and_ends_in_another_zone(on_sqlite: Domain) -> None:
    """D-36: the epoch of the grantee's zone advances; * grants within the zone only."""
    on_sqlite.use_zone_rules(
        [ZoneRule("one", organization_guid="org"), ZoneRule("two", organization_guid="other-org")]
    )
    descriptor = consumer("$XSAPPNAME(application,one,owner)", template=None)
    descriptor["role-templates"][0]["scope-references"].append(
        "$XSAPPNAME(application,one,owner).read"
    )
    on_sqlite.provision("o", owner("*"))
    on_sqlite.provision("c", descriptor, organization_guid="other-org", space_guid="other")
    user = a_user_of(on_sqlite, "c", "consumer readers")
    rights, settings = decided_rights(on_sqlite), settings_of(descriptor)

    def foreign() -> bool:
        client = on_sqlite.instance("c").client
        found = rights.of(replace(user, zone=client.zone), client, settings)
        return any(scope.startswith("owner!") for scope in found.scopes)

    assert not foreign()
    on_sqlite.update("o", owner("$XSAPPNAME(application,two,consumer)"))
    assert foreign()
    on_sqlite.update("o", owner())
    assert not foreign()
    # An older version beside advances the epoch of the owner's zone only.
    on_sqlite.update("o", owner("$XSAPPNAME(application,two,consumer)"))
    assert foreign()
    with on_sqlite.engine.begin() as connection:
        granting = application_reference.c.usage == Usage.GRANTED_APPS
        connection.execute(delete(application_reference).where(granting))
    assert not foreign()


def test_attributes_of_default_and_made_roles(domain: Domain) -> None:
    """I-137, I-140, decision 0054: without a value of the provider, the role gives nothing."""
    descriptor = app(
        "a", attributes=[{"name": "Country"}, {"name": "Unit", "valueRequired": False}]
    )
    country = {"name": "Country", "default-values": ["DE"]}
    descriptor["role-templates"][0]["attribute-references"] = [country, "Unit"]
    domain.provision("i", descriptor)
    user = a_user_of(domain, "i", "a readers")
    assert rights_at(domain, user, "i", descriptor).attributes == {"Country": ("DE",)}
    make_role(domain, "Country", "idp", '["land"]')
    assert rights_at(domain, user, "i", descriptor).scopes == EVERY
    snapshot = Snapshot((), {"land": ("FR", "IT")}, domain.clock.now())
    user = replace(user, snapshot=snapshot)
    found = rights_at(domain, user, "i", descriptor)
    assert found.scopes == ("a!t1.read", *EVERY)
    assert found.attributes == {"Country": ("FR", "IT")}


def make_role(domain: Domain, name: str, source: str, values: str) -> None:
    """Turn the default role into one that an administrator made, with this attribute."""
    row = {
        "id": new_row_id(),
        "role_row_id": select(role.c.id)
        .join(role_template, role_template.c.id == role.c.role_template_row_id)
        .where(role_template.c.name == "Reader")
        .scalar_subquery(),
        "attribute_row_id": select(attribute.c.id)
        .where(attribute.c.name == name)
        .scalar_subquery(),
        "origin": source,
        "attribute_values": values,
    }
    with domain.engine.begin() as connection:
        connection.execute(insert(role_attribute).values(row))
        connection.execute(update(role).where(role.c.name == "Reader").values(is_default=False))


def test_scopes_of_zone_administrators(domain: Domain) -> None:
    """D-56, D-57: by a role of the zone's built-in application, and after approval only."""
    descriptor = consumer("$XSAPPNAME(application,xsuaa)")
    domain.provision("c", descriptor)
    domain.provision("b", app("b"))
    user = a_user_of(domain, "c", "b readers")
    client = domain.instance("c").client
    give_scopes(domain, "b!t1", '["xs_user.read", "xs_user.write", "uaa.resource", "xs_other"]')
    approve(domain, client)
    assert rights_at(domain, user, "c", descriptor).scopes == EVERY
    assign(domain, user, "Subaccount Viewer")
    found = rights_at(domain, user, "c", descriptor)
    read = tuple(f"xs_{each}.read" for each in ("authorization", "idp", "user"))
    assert found.scopes == (*EVERY, *read)
    assert rights_at(domain, user, "c", consumer()).scopes == EVERY
    approve(domain, client, at=None)
    assert rights_at(domain, user, "c", descriptor).scopes == EVERY
    with pytest.raises(GrantRefused, match=r"Invalid scope: xs_user\.read"):
        rights_at(domain, user, "c", descriptor, requested="xs_user.read")
    approve(domain, client)
    rename(domain, "xsuaa!t1", "xsuaa!t2")
    assert rights_at(domain, user, "c", descriptor).scopes == EVERY


def give_scopes(domain: Domain, app_id: str, scopes: str) -> None:
    """Store scopes in the templates of an application, as older versions may have."""
    owner_id = select(client_table.c.id).where(client_table.c.app_id == app_id).scalar_subquery()
    change = update(role_template).where(role_template.c.client_row_id == owner_id)
    with domain.engine.begin() as connection:
        connection.execute(change.values(scopes=scopes))


def rename(domain: Domain, app_id: str, new: str) -> None:
    with domain.engine.begin() as connection:
        connection.execute(
            update(client_table).where(client_table.c.app_id == app_id).values(app_id=new)
        )


def test_a_damaged_row_gives_nothing(on_sqlite: Domain) -> None:
    descriptor = app("a")
    on_sqlite.provision("i", descriptor)
    user = a_user_of(on_sqlite, "i", "a readers")
    for damaged in ("{", '"$XSAPPNAME.read"', '[1, ["$XSAPPNAME.read"]]'):
        give_scopes(on_sqlite, "a!t1", damaged)
        assert rights_at(on_sqlite, user, "i", descriptor).scopes == EVERY


def test_accepted_scopes_are_found_without_a_role(on_sqlite: Domain) -> None:
    on_sqlite.provision("o", owner("*"))
    on_sqlite.provision("c", consumer("$ACCEPT_GRANTED_SCOPES"))
    client = on_sqlite.instance("c").client
    asked = ["owner!t1.read", "owner!t1.write", "read", "", "owner!t1.", "x" * 300]
    assert set(StoredRoles(on_sqlite.engine).accepted(client, asked)) == {"owner!t1.read"}
