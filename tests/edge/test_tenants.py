"""Tenants behind SAP Service Manager, and platforms that identify theirs (D-53)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from tests.support.application import claims_of, fetch_token, fetch_token_at
from tests.support.databases import migrated_database
from tests.support.platform import ORGANIZATION, PlatformClient, a_descriptor, a_guid
from tests.support.server import Server
from tests.support.tenants import adopt_guid, unmap_zones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials

PLATFORMS: list[dict[str, Any]] = [
    {"name": "manager", "user": "manager", "password": "geheim-1"},
    {"name": "single", "user": "single", "password": "geheim-2", "single_tenant": True},
    {"name": "global", "user": "global", "password": "geheim-3", "zone_member": "crm_account_id"},
]


def in_subaccount(subaccount: object, **context: Any) -> dict[str, Any]:
    """Return the members of a request of SAP Service Manager."""
    return {
        "organization_guid": "-",
        "space_guid": "-",
        "context": {
            "platform": "sapcp",
            "origin": "kubernetes",
            "subaccount_id": subaccount,
            "namespace": "default",
            "instance_name": "uaa",
            **context,
        },
    }


def owner(name: str, grantee: str) -> dict[str, Any]:
    scope = {"name": "$XSAPPNAME.Pay", "grant-as-authority-to-apps": [grantee]}
    return a_descriptor(xsappname=name, scopes=[scope], role_templates=[])


def consumer(name: str) -> dict[str, Any]:
    return a_descriptor(
        xsappname=name,
        scopes=[],
        role_templates=[],
        authorities=["$ACCEPT_GRANTED_AUTHORITIES"],
    )


def credentials_of(platform: PlatformClient, instance: str) -> Credentials:
    credentials: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return credentials


def scopes_of(credentials: Credentials) -> set[str]:
    return set(claims_of(fetch_token(credentials))["scope"])


@pytest.mark.parametrize("origin", ["sapcp", "service-manager"])
@pytest.mark.parametrize("form", ["$XSSERVICENAME(uaa)", "$XSAPPNAME(application,{consumer})"])
def test_subaccounts_are_tenants(platform: PlatformClient, form: str, origin: str) -> None:
    """One tenant's grant reached an instance of the same name of another tenant."""
    one, two = a_guid(), a_guid()
    owner_name, consumer_name = f"owner-{a_guid()}", f"consumer-{a_guid()}"
    instances = [a_guid() for _ in range(3)]
    there = in_subaccount(two, clusterid="c-2", platform=origin)
    for instance, descriptor, place in (
        (
            instances[0],
            owner(owner_name, form.format(consumer=consumer_name)),
            in_subaccount(one, clusterid="c-1", platform=origin, instance_name="owner"),
        ),
        (instances[1], consumer(consumer_name), there),
        (instances[2], owner(owner_name, "$XSSERVICENAME(other)"), there),
    ):
        response = platform.provision(instance, descriptor, **place)
        assert response.status_code == 201, response.text
    ours, theirs = (credentials_of(platform, instance) for instance in instances[:2])
    assert scopes_of(theirs) == {"uaa.resource"}
    assert ours["zoneid"] == one
    assert theirs["zoneid"] == two
    repeated = platform.provision(instances[1], consumer(consumer_name), **there)
    assert repeated.status_code == 200


def test_a_grant_within_a_subaccount_has_an_effect(platform: PlatformClient) -> None:
    subaccount, name = a_guid(), f"consumer-{a_guid()}"
    first, second = a_guid(), a_guid()
    place = in_subaccount(subaccount, clusterid="c-1")
    descriptor = owner(f"owner-{a_guid()}", "$XSSERVICENAME(uaa)")
    platform.provision(
        first, descriptor, **in_subaccount(subaccount, clusterid="c-1", instance_name="owner")
    )
    platform.provision(second, consumer(name), **place)
    granted = scopes_of(credentials_of(platform, second)) - {"uaa.resource"}
    assert {scope.rpartition(".")[2] for scope in granted} == {"Pay"}


@pytest.fixture(scope="module")
def several(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with several platforms."""
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"tenants-{a_guid()}")
    directory: Path = tmp_path_factory.mktemp(f"tenants-{database}")
    with Server(
        directory, database_url=url, workers=1, XSUAA_PLATFORMS=json.dumps(PLATFORMS)
    ) as running:
        yield running


def by(server: Server, name: str) -> PlatformClient:
    passwords = {each["name"]: str(each["password"]) for each in PLATFORMS}
    user = server.user if name == "default" else name
    return PlatformClient(server.url, user, passwords.get(name, server.password))


CLOUD_FOUNDRY = {"platform": "cloudfoundry"}


@pytest.mark.parametrize(
    ("platform_name", "members", "named"),
    [
        ("default", {"organization_guid": "-", "context": CLOUD_FOUNDRY}, "organization_guid"),
        ("manager", {"organization_guid": "-", "context": {}}, "organization_guid"),
        ("manager", {"context": {"platform": "sapcp"}}, "context.subaccount_id"),
        ("manager", in_subaccount("-", clusterid="c-1"), "context.subaccount_id"),
        ("manager", in_subaccount(""), "context.subaccount_id"),
        ("manager", in_subaccount(7), "context.subaccount_id"),
        ("manager", {"context": {"platform": "service-manager"}}, "context.subaccount_id"),
        ("manager", {"context": {"platform": "kubernetes", "clusterid": "c"}}, "context.namespace"),
        (
            "manager",
            {"context": {"platform": "kubernetes", "clusterid": "-", "namespace": "n"}},
            "context.clusterid",
        ),
        ("global", in_subaccount(ORGANIZATION), "context.crm_account_id"),
        ("global", {"context": {**CLOUD_FOUNDRY, "crm_account_id": []}}, "context.crm_account_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_request_that_identifies_no_tenant_is_refused(
    several: Server, platform_name: str, members: dict[str, Any], named: str
) -> None:
    instance = a_guid()
    refused = by(several, platform_name).provision(instance, a_descriptor(), **members)
    assert refused.status_code == 400
    assert refused.json()["description"].startswith(f"{named}: "), refused.text
    assert by(several, platform_name).fetch(instance).status_code == 404


def test_the_zone_of_each_platform(several: Server) -> None:
    """A GUID becomes the zone's GUID only where the default platform sends it."""
    organization, account, instances = a_guid(), a_guid(), {}
    placed = {
        "default": {"organization_guid": organization, "context": CLOUD_FOUNDRY},
        "manager": {"organization_guid": organization, "context": CLOUD_FOUNDRY},
        "single": {"organization_guid": "-", "space_guid": "-", "context": {}},
        "global": in_subaccount(a_guid(), crm_account_id=account),
    }
    for name, members in placed.items():
        instance = a_guid()
        response = by(several, name).provision(instance, a_descriptor(), **members)
        assert response.status_code == 201, response.text
        instances[name] = credentials_of(by(several, name), instance)
    zones = {name: credentials["zoneid"] for name, credentials in instances.items()}
    assert zones["default"] == organization
    assert len(set(zones.values())) == 4
    assert account not in zones.values()


def zone_of(platform: PlatformClient, organization: str) -> str:
    """Return the zone GUID of a new service instance in this organization."""
    instance = a_guid()
    members: dict[str, Any] = {"organization_guid": organization, "context": CLOUD_FOUNDRY}
    response = platform.provision(instance, a_descriptor(), **members)
    assert response.status_code == 201, response.text
    return str(credentials_of(platform, instance)["zoneid"])


def test_an_additional_platform_that_sends_a_guid_first_does_not_own_it(several: Server) -> None:
    """D-53."""
    organization = a_guid()
    theirs = zone_of(by(several, "manager"), organization)
    assert zone_of(by(several, "default"), organization) == organization != theirs
    # Other tests on this server edit the GUIDs of zones, which the command reports.
    assert organization not in several.command("doctor", "check", check=False).stderr


def test_a_guid_that_an_earlier_version_adopted_is_kept_and_reported(several: Server) -> None:
    """D-53: the zone keeps it, and the organization of the default platform gets another."""
    organization = a_guid()
    zone_of(by(several, "manager"), organization)
    adopt_guid(several, "manager", organization)
    assert zone_of(by(several, "manager"), organization) == organization
    ours = zone_of(by(several, "default"), organization)
    assert ours != organization
    assert zone_of(by(several, "default"), organization) == ours
    # The edited GUID contradicts the owner of the zone's credentials, too.
    notes = several.command("doctor", "check", check=False).stderr.splitlines()
    listed = [each.partition(" has the suspicious GUID ")[2] for each in notes]
    assert {organization, ours} <= {each.partition(":")[0] for each in listed}


DOMAIN = "auth.example.org"


def test_a_split_of_a_mixed_zone_fails_no_request(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Credentials keep working on the former host name; the foreign scope ends at once."""
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"split-{a_guid()}")
    one, two, bindings = a_guid(), a_guid(), {}
    rule = json.dumps([{"subdomain": "mixed", "platform": "default"}])
    settings = {"XSUAA_PUBLIC_URL": f"https://{{zone}}.{DOMAIN}"}
    with Server(tmp_path, database_url=url, workers=1, **settings, XSUAA_ZONES=rule) as server:
        platform = PlatformClient(server.url, server.user, server.password)
        for subaccount, descriptor in (
            (one, owner("owner", "$XSAPPNAME(application,consumer)")),
            (two, consumer("consumer")),
        ):
            platform.provision(subaccount, descriptor, **in_subaccount(subaccount))
            bindings[subaccount] = credentials_of(platform, subaccount)
        server.stop()
        unmap_zones(server)
        del server.environment["XSUAA_ZONES"]
        server.start()
        granted = claims_of(fetch_token_at(server.url, bindings[two], f"mixed.{DOMAIN}"))
        assert granted["scope"] == ["owner!t1.Pay", "uaa.resource"]
        server.command("zones", "split", "mixed", "--yes")
        for subaccount, credentials in bindings.items():
            former = {"x-zid": credentials["zoneid"]}
            response = fetch_token_at(server.url, credentials, f"mixed.{DOMAIN}", **former)
            assert response.status_code == 200, response.text
            claims = claims_of(response)
            assert claims["scope"] == ["uaa.resource"]
            assert claims["zid"] == subaccount
            own = claims["ext_attr"]["zdn"]
            # Browsers follow: sessions and callbacks of providers are of the zone's own host.
            for path in ("/oauth/authorize", "/logout.do"):
                asked = f"{path}?client_id={quote(credentials['clientid'])}"
                found = requests.get(
                    f"{server.url}{asked}",
                    headers={"Host": f"mixed.{DOMAIN}"},
                    allow_redirects=False,
                    timeout=60,
                )
                assert found.status_code == 302, found.text
                assert found.headers["Location"] == f"https://{own}.{DOMAIN}{asked}"
            assert fetch_token_at(server.url, credentials, f"{own}.{DOMAIN}").status_code == 200
            assert (
                fetch_token_at(server.url, credentials, DOMAIN, **{"x-zid": subaccount}).status_code
                == 200
            )
            again = credentials_of(platform, subaccount)
            assert (again["zoneid"], again["clientid"]) == (subaccount, credentials["clientid"])
            foreign = {one: two, two: one}[subaccount]
            assert (
                fetch_token_at(server.url, credentials, DOMAIN, **{"x-zid": foreign}).status_code
                == 401
            )
