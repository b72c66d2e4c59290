"""Applications of a zone: settings, last use of the instance secret, scopes, authorities."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, update

from broker.authorization.declared_settings import WITHOUT_USERS
from broker.authorization.views.applications import ListApplications
from broker.authorization.views.model import (
    ApplicationAttribute,
    ApplicationSelection,
    ScopeView,
)
from broker.errors import NotFound
from broker.instances.plan import Plan
from broker.store.tables.core import credential, service_instance
from broker.store.tables.identity import client_setting
from broker.store.tables.usage import credential_usage
from tests.support.domain import APIACCESS

if TYPE_CHECKING:
    from broker.authorization.views.model import ApplicationView
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

ALL = ApplicationSelection()
DESCRIPTOR = {
    "xsappname": "app",
    "description": "An application",
    "tenant-mode": "shared",
    "scopes": [
        {
            "name": "$XSAPPNAME.read",
            "description": "Read",
            "granted-apps": ["*", "$XSAPPNAME(application,other)"],
        },
        {
            "name": "$XSAPPNAME.call",
            "grant-as-authority-to-apps": [
                "$XSAPPNAME(application,other)",
                "$XSAPPNAME(application,later)",
                "$XSSERVICENAME(Another)",
            ],
        },
        {"name": "uaa.user"},
    ],
    "attributes": [{"name": "country", "description": "Country", "valueRequired": False}],
    "role-templates": [{"name": "Viewer", "scope-references": ["$XSAPPNAME.read"]}],
    "authorities": ["$XSAPPNAME.read"],
    "foreign-scope-references": ["uaa.user", "$XSAPPNAME(application,other).look"],
    "oauth2-configuration": {
        "token-validity": 3600,
        "refresh-token-validity": 7200,
        "autoapprove": False,
        "redirect-uris": ["https://app.example.org/**"],
        "allowedproviders": ["ldap"],
    },
}


@pytest.fixture
def zone(domain: Domain) -> Zone:
    """A zone with two applications and an instance of plan apiaccess."""
    domain.provision(
        "other", {"xsappname": "other", "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]}
    )
    provisioned = domain.provision("app", DESCRIPTOR, space_guid="dev")
    domain.provision("access", None, plan=Plan.APIACCESS, plan_id=APIACCESS)
    domain.provision("far", {"xsappname": "far"}, organization_guid="far")
    return provisioned.instance.client.zone


@pytest.fixture
def lists(domain: Domain) -> ListApplications:
    return ListApplications(domain.transactions)


def by_id(zone: Zone, name: str) -> ApplicationSelection:
    return ApplicationSelection(app_id=f"{name}!t{zone.index}")


def test_an_application_with_its_settings(zone: Zone, lists: ListApplications) -> None:
    found = lists.one(zone.guid, by_id(zone, "app"))
    assert (found.instance_id, found.xsappname, found.plan) == ("app", "app", "application")
    assert (found.organization_guid, found.space_guid) == ("org", "dev")
    assert (found.plan_id, found.tenant_mode) == ("plan-application", "shared")
    assert found.parameters == DESCRIPTOR
    assert (found.client.zone, found.client.token_validity) == (zone, 3600)
    settings = found.settings
    assert (settings.refresh_token_validity, settings.auto_approve) == (7200, False)
    assert settings.redirect_uris == ("https://app.example.org/**",)
    assert settings.allowed_providers == ("sap.default",)
    assert found.attributes == [
        ApplicationAttribute("country", "Country", "string", value_required=False)
    ]
    assert found.secret_last_used_at is None


def test_the_list_is_that_of_the_zone(zone: Zone, lists: ListApplications) -> None:
    def ids(**selection: str) -> list[str]:
        found = lists.all(zone.guid, ApplicationSelection(**selection))
        return [each.client.app_id.partition("!")[0] for each in found]

    named, built_in = ids(), f"xsuaa!t{zone.index}"
    assert {*named} == {"app", "other", "xsuaa", named[1]}
    assert named[1].startswith("na-")
    assert ids(xsappname="other") == ["other"]
    assert ids(xsappname="xsuaa") == ["xsuaa"]
    assert ids(xsappname="xsua_") == ids(xsappname="%") == ids(xsappname="far") == []
    assert ids(organization_guid="org") == sorted({*named} - {"xsuaa"})
    assert ids(organization_guid="far") == ids(organization_guid="a\x00") == []
    assert ids(instance_id="app") == ["app"]
    found = lists.one(zone.guid, ApplicationSelection(app_id=built_in))
    assert (found.instance_id, found.plan, found.xsappname) == (None, "application", "xsuaa")
    assert found.settings == WITHOUT_USERS


def test_the_last_use_of_the_instance_secret(
    domain: Domain, zone: Zone, lists: ListApplications
) -> None:
    """The later of both secrets of a rotation; other credentials do not matter."""

    def last_use() -> ApplicationView:
        return lists.one(zone.guid, by_id(zone, "app"))

    domain.bind("app", "shared")
    assert last_use().secret_last_used_at is None
    with domain.engine.begin() as connection:
        owned = select(credential.c.id).where(credential.c.type == "instance-secret")
        row_id = connection.execute(owned).scalar_one()
    domain.count_use(row_id)
    first = domain.clock.now()
    assert last_use().secret_last_used_at == first
    later = first + timedelta(hours=1)
    with domain.engine.begin() as connection:
        connection.execute(update(credential_usage).values(previous_used_at=later))
    assert last_use().secret_last_used_at == later
    by_name = {each.client.app_id: each for each in lists.all(zone.guid, ALL)}
    assert by_name[f"app!t{zone.index}"].secret_last_used_at == later
    assert by_name[f"other!t{zone.index}"].secret_last_used_at is None


def test_settings_that_an_older_version_did_not_write(
    domain: Domain, zone: Zone, lists: ListApplications
) -> None:
    before = lists.one(zone.guid, by_id(zone, "app")).settings
    with domain.engine.begin() as connection:
        connection.execute(delete(client_setting))
    after = lists.one(zone.guid, by_id(zone, "app")).settings
    assert after.redirect_uris == before.redirect_uris
    assert after.allowed_providers == before.allowed_providers


def test_scopes_name_the_applications_that_may_have_them(
    zone: Zone, lists: ListApplications
) -> None:
    app, other = f"app!t{zone.index}", f"other!t{zone.index}"
    read = ScopeView(f"{app}.read", "Read", ("*", other))
    call = ScopeView(
        f"{app}.call", None, (), ("$XSSERVICENAME(Another)", f"later!t{zone.index}", other)
    )
    assert lists.scopes(zone.guid, app) == [read, call]
    assert lists.scope(zone.guid, app, f"{app}.read") == read
    assert lists.scope(zone.guid, app, "call") == call
    for name in ("uaa.user", "Read", "", "a\x00", "x" * 300, f"{other}.read"):
        with pytest.raises(NotFound, match="has no scope"):
            lists.scope(zone.guid, app, name)
    names = [each.name for each in lists.scopes(zone.guid, f"xsuaa!t{zone.index}")]
    assert names[0] == "xs_authorization.read"
    assert len(names) == 6


def test_details(zone: Zone, lists: ListApplications) -> None:
    app = f"app!t{zone.index}"
    found = lists.details(zone.guid, by_id(zone, "app"))
    assert found.application == lists.one(zone.guid, by_id(zone, "app"))
    assert found.scopes == lists.scopes(zone.guid, app)
    assert found.authorities == [f"{app}.read", "uaa.resource"]
    assert found.foreign_scopes == DESCRIPTOR["foreign-scope-references"]
    assert [(each.name, each.scopes) for each in found.templates] == [("Viewer", (f"{app}.read",))]
    other = lists.details(zone.guid, by_id(zone, "other"))
    assert other.authorities == [f"{app}.call", "uaa.resource"]
    access = lists.details(zone.guid, ApplicationSelection(instance_id="access"))
    assert (access.scopes, access.foreign_scopes, access.templates) == ((), (), [])


def test_authorities_that_another_application_grants(zone: Zone, lists: ListApplications) -> None:
    app, other = f"app!t{zone.index}", f"other!t{zone.index}"

    def granted(to: str, grantor: str | None = None, instance: str | None = None) -> list[str]:
        return [*lists.granted_by(zone.guid, to, grantor=grantor, grantor_instance=instance)]

    assert granted(other) == []
    assert granted(other, app) == granted(other, None, "app") == [f"{app}.call"]
    assert granted(other, app, "app") == [f"{app}.call"]
    assert granted(other, app, "other") == granted(other, other) == granted(app, other) == []
    assert lists.references_to(zone.guid, other) == 3
    assert lists.references_to(zone.guid, app) == 0


def test_a_descriptor_that_cannot_be_read_has_no_scopes(
    domain: Domain, zone: Zone, lists: ListApplications
) -> None:
    with domain.engine.begin() as connection:
        connection.execute(update(service_instance).values(parameters="{"))
    found = lists.details(zone.guid, by_id(zone, "app"))
    assert (found.application.parameters, found.scopes, found.foreign_scopes) == (None, (), ())


@pytest.mark.parametrize("app_id", ["far!t2", "app", "", "a\x00b", "x" * 300, "\ud800", "%"])
def test_another_id_is_unknown(zone: Zone, lists: ListApplications, app_id: str) -> None:
    for read in (
        lambda: lists.one(zone.guid, ApplicationSelection(app_id=app_id)),
        lambda: lists.details(zone.guid, ApplicationSelection(app_id=app_id)),
        lambda: lists.scopes(zone.guid, app_id),
        lambda: lists.scope(zone.guid, app_id, "read"),
        lambda: lists.references_to(zone.guid, app_id),
        lambda: lists.granted_by(zone.guid, app_id, grantor=None, grantor_instance=None),
    ):
        with pytest.raises(NotFound, match="There is no application"):
            read()
    for instance_id in {"far", app_id} - {"app"}:
        with pytest.raises(NotFound, match="There is no service instance"):
            lists.one(zone.guid, ApplicationSelection(instance_id=instance_id))


def test_statements_do_not_grow_with_applications(
    domain: Domain, zone: Zone, lists: ListApplications, statements: list[str]
) -> None:
    counts = []
    for number in range(2):
        for part in range(4):
            domain.provision(f"more-{number}{part}", {"xsappname": f"more-{number}{part}"})
            domain.bind(f"more-{number}{part}", "b")
        statements.clear()
        lists.all(zone.guid, ALL)
        counts.append(len(statements))
    # The zone, whether it is mixed, the database's time, the applications, their attributes.
    assert counts[0] == counts[1] <= 6
    statements.clear()
    lists.details(zone.guid, by_id(zone, "app"))
    assert len(statements) <= 12
