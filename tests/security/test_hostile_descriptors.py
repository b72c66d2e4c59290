"""TH-12: no descriptor gives the users of its author anything that was not granted to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert, update

from broker.descriptor.names import ADMINISTRATION_SCOPES, USER_SCOPES
from broker.errors import InvalidRequest
from broker.ids import new_row_id
from broker.store.database.columns import json_text
from broker.store.tables.core import client as client_table
from broker.store.tables.declared import (
    role,
    role_collection,
    role_collection_role,
    role_template,
)
from tests.support.databases import migrated_copy
from tests.support.domain import Domain
from tests.support.rights import approve, assign, rights_at
from tests.support.users import stored_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from broker.identity.user import User
    from broker.identity.zone import Zone

VICTIM: dict[str, Any] = {
    "xsappname": "victim",
    "scopes": [
        {"name": "$XSAPPNAME.read"},
        {"name": "$XSAPPNAME.shared", "granted-apps": ["$XSAPPNAME(application,partner)"]},
    ],
    "role-templates": [{"name": "Admin", "scope-references": ["$XSAPPNAME.read"]}],
    "role-collections": [
        {"name": "Victims", "role-template-references": ["$XSAPPNAME.Admin"]},
    ],
}
BUILT_IN = [
    f"{form}.{name}"
    for form in (
        "xsuaa",
        "xsuaa!t1",
        "uaa",
        "sb-xsuaa",
        "$XSAPPNAME(application,xsuaa)",
        "$XSAPPNAME( application , xsuaa )",
        "$XSAPPNAME(application,zone-1,xsuaa)",
        "$XSAPPNAME(application,xsuaa!t1)",
        "$XSSERVICENAME(xsuaa)",
    )
    for name in ("xs_user.write", "xsuaa_admin")
]
SCOPES = [
    *BUILT_IN,
    "xs_user.write",
    "uaa.resource",
    "victim.read",
    "victim.shared",
    "victim!t1.read",
    "$XSAPPNAME(application,victim).read",
    "$XSAPPNAME(application,victim).shared",
    "$XSSERVICENAME(victim).shared",
    "$XSAPPNAME(application,zone-1,victim).shared",
]


def attack(name: str = "attacker", **members: Any) -> dict[str, Any]:
    """Return a descriptor whose own roles are assigned to its author's users."""
    return {
        "xsappname": name,
        "scopes": [{"name": "$XSAPPNAME.own"}],
        "role-templates": [{"name": "T", "scope-references": ["$XSAPPNAME.own"]}],
        "role-collections": [{"name": "Mine", "role-template-references": ["$XSAPPNAME.T"]}],
    } | members


def template(*scopes: str) -> list[dict[str, Any]]:
    return [{"name": "T", "scope-references": ["$XSAPPNAME.own", *scopes]}]


@pytest.fixture
def domain(tmp_path: Path) -> Iterator[Domain]:
    """A zone with an application of another space and the built-in application."""
    opened = Domain(migrated_copy(tmp_path, None))
    opened.provision("victim", VICTIM, space_guid="victims", context={"instance_name": "victim"})
    add_built_in(opened, opened.instance("victim").client.zone)
    yield opened
    opened.close()


def add_built_in(domain: Domain, zone: Zone) -> None:
    """Store the built-in application's administrator role, unless the zone has it."""
    values = {"id": new_row_id(), "zone_row_id": zone.row_id, "client_id": "sb-xsuaa!t1"}
    values |= {"app_id": "xsuaa!t1", "service_instance_guid": "", "credential_types": ""}
    values |= {"authorities": "", "grant_types": "", "epoch": 1, "accepts_grants": False}
    ids = {name: new_row_id() for name in ("template", "role", "collection", "pair")}
    with domain.engine.begin() as connection:
        has = connection.execute(client_table.select().where(client_table.c.app_id == "xsuaa!t1"))
        if has.first() is not None:
            return
        connection.execute(insert(client_table).values(values))
        connection.execute(
            insert(role_template).values(
                id=ids["template"],
                client_row_id=values["id"],
                name="xsuaa_admin",
                scopes=json_text(sorted(ADMINISTRATION_SCOPES)),
            )
        )
        connection.execute(
            insert(role).values(
                id=ids["role"],
                role_template_row_id=ids["template"],
                name="xsuaa_admin",
                is_default=True,
            )
        )
        connection.execute(
            insert(role_collection).values(
                id=ids["collection"],
                zone_row_id=zone.row_id,
                client_row_id=values["id"],
                name="Subaccount Administrator",
            )
        )
        connection.execute(
            insert(role_collection_role).values(
                id=ids["pair"],
                role_collection_row_id=ids["collection"],
                role_row_id=ids["role"],
            )
        )


def rights_of(domain: Domain, descriptor: dict[str, Any], *collections: str) -> set[str]:
    """Return what a user with the attacker's collections has, after an approval by mistake."""
    user: User = stored_user(domain, domain.instance("attacker").client.zone)
    for name in collections:
        assign(domain, user, name)
    approve(domain, domain.instance("attacker").client)
    return set(rights_at(domain, user, "attacker", descriptor).scopes)


OWN = {"attacker!t1.own", *USER_SCOPES}


@pytest.mark.parametrize("text", SCOPES)
def test_own_templates_and_acceptances_give_nothing_foreign(domain: Domain, text: str) -> None:
    """I-130, I-157, D-29, D-56: in each list, refused or without effect."""
    lists: list[dict[str, Any]] = [
        {"role-templates": template(text)},
        {"foreign-scope-references": [text, "$ACCEPT_GRANTED_SCOPES"]},
        {"authorities": [text, "$ACCEPT_GRANTED_AUTHORITIES"]},
        {"scopes": [{"name": "$XSAPPNAME.own"}, {"name": text}]},
        {"role-collections": [{"name": "Mine", "role-template-references": [text, "T"]}]},
    ]
    accepted: dict[str, Any] = {}
    domain.provision("attacker", attack())
    for members in lists:
        try:
            domain.update("attacker", attack(**accepted | members))
        except InvalidRequest:
            continue
        accepted |= members
    assert rights_of(domain, attack(**accepted), "Mine") <= OWN


@pytest.mark.parametrize("text", [text for text in BUILT_IN if text.endswith("xsuaa_admin")])
def test_no_declared_collection_contains_a_built_in_role(domain: Domain, text: str) -> None:
    """I-157: even with approved scopes of the built-in application."""
    members: dict[str, Any] = {
        "foreign-scope-references": ["$XSAPPNAME(application,xsuaa)"],
        "role-collections": [{"name": "Mine", "role-template-references": [text, "$XSAPPNAME.T"]}],
    }
    try:
        domain.provision("attacker", attack(**members))
    except InvalidRequest:
        return
    assert rights_of(domain, attack(**members), "Mine") <= OWN


def test_a_name_that_waits_in_granted_apps_is_no_template_of_another(domain: Domain) -> None:
    """D-30: a grant to a name reaches its first bearer, not one that claims it otherwise."""
    domain.provision("partner", {"xsappname": "partner"}, space_guid="victims")
    members: dict[str, Any] = {
        "role-templates": template("$XSAPPNAME(application,victim).shared"),
        "foreign-scope-references": ["$XSAPPNAME(application,victim)"],
    }
    domain.provision(
        "attacker", attack(**members), context={"instance_name": "partner"}, space_guid="evil"
    )
    assert rights_of(domain, attack(**members), "Mine") <= OWN


def test_a_name_in_use_is_not_inherited_by_a_squatter(domain: Domain) -> None:
    """D-30: after the deletion of the bearer, an application of another space gets no grant."""
    domain.provision("partner", {"xsappname": "partner"}, space_guid="victims")
    domain.deprovision("partner")
    domain.clock.advance(days=30)
    members: dict[str, Any] = {
        "role-templates": template("$XSAPPNAME(application,victim).shared"),
        "foreign-scope-references": ["$ACCEPT_GRANTED_SCOPES"],
    }
    squatter = attack("partner", **members)
    domain.provision("attacker", squatter, space_guid="evil")
    assert rights_of(domain, squatter, "Mine") <= {"partner!t1.own", *USER_SCOPES}


def test_a_collection_of_another_application_is_not_adopted(domain: Domain) -> None:
    """TH-11: neither before nor after."""
    for name in ("Victims", "Subaccount Administrator"):
        collections: Any = [{"name": name, "role-template-references": ["$XSAPPNAME.T"]}]
        with pytest.raises(InvalidRequest, match="already exists"):
            domain.provision("attacker", attack(**{"role-collections": collections}))


def test_rows_of_older_versions_give_nothing(domain: Domain) -> None:
    """D-56: scopes that were stored before descriptors were refused."""
    domain.provision("attacker", attack())
    old = ["xs_user.write", "uaa.resource", "victim!t1.read", "victim.read", "*", "$XSAPPNAME.own"]
    owner = domain.instance("attacker").client
    change = update(role_template).where(role_template.c.client_row_id == owner.row_id)
    with domain.engine.begin() as connection:
        connection.execute(change.values(scopes=json_text(old)))
    members: dict[str, Any] = {
        "foreign-scope-references": ["$XSAPPNAME(application,xsuaa)", "uaa.user"]
    }
    assert rights_of(domain, attack(**members), "Mine") <= OWN
