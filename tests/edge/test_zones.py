"""Zones with their own host names: clients stay in theirs; host headers are untrusted (D-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from urllib3 import HTTPSConnectionPool

from tests.support.application import claims_of, fetch_token_at, header_of
from tests.support.databases import migrated_database
from tests.support.pki import client_context
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials

DOMAIN = "authentication.example.org"
CERTIFICATE_DOMAIN = "authentication.cert.example.org"


@pytest.fixture(scope="module")
def server(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"zones-{a_guid()}")
    directory: Path = tmp_path_factory.mktemp(f"zones-{database}")
    with Server(
        directory,
        database_url=url,
        workers=1,
        XSUAA_PUBLIC_URL=f"https://{{zone}}.{DOMAIN}",
        XSUAA_CERT_URL=f"https://{{zone}}.{CERTIFICATE_DOMAIN}",
    ) as running:
        yield running


@pytest.fixture
def ours(server: Server) -> Credentials:
    return bound(server, "our org")


@pytest.fixture
def theirs(server: Server) -> Credentials:
    return bound(server, "their org")


def bound(server: Server, name: str, **descriptor: Any) -> Credentials:
    """Return credentials of an instance in an organization of its own."""
    platform = PlatformClient(server.url, server.user, server.password)
    instance, organization = a_guid(), a_guid()
    context = {
        "platform": "cloudfoundry",
        "organization_guid": organization,
        "organization_name": name,
    }
    platform.provision(
        instance, a_descriptor(**descriptor), organization_guid=organization, context=context
    )
    credentials: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return credentials


def test_a_client_gets_tokens_on_its_own_hosts_and_the_shared_one(
    server: Server, ours: Credentials
) -> None:
    own = ours["identityzone"]
    assert ours["url"] == f"https://{own}.{DOMAIN}"
    assert ours["uaadomain"] == DOMAIN
    for host in (
        f"{own}.{DOMAIN}",
        f"{own.upper()}.{DOMAIN}:443",
        f"{own}.{CERTIFICATE_DOMAIN}",
        DOMAIN,
        f"localhost:{server.port}",
    ):
        response = fetch_token_at(server.url, ours, host)
        assert response.status_code == 200, host
        assert claims_of(response)["iss"] == f"https://{own}.{DOMAIN}/oauth/token"
        assert claims_of(response)["ext_attr"]["zdn"] == own
        assert header_of(response)["jku"] == f"https://{DOMAIN}/token_keys"


def connect(server: Server, host: str, credentials: Credentials | None = None) -> Any:
    """Return connections to the TLS listener as port 443 of the host; its certificate must fit."""
    chain, key = (credentials["certificate"], credentials["key"]) if credentials else ("", "")
    return HTTPSConnectionPool(
        "127.0.0.1",
        server.tls_port,
        ssl_context=client_context(server.ca_file, chain, key, server.directory),
        server_hostname=host,
        assert_hostname=host,
        headers={"Host": host},
        timeout=30,
    )


def test_keys_are_at_every_host_that_libraries_derive(server: Server, ours: Credentials) -> None:
    """With the server's own certificate."""
    for domain in (DOMAIN, CERTIFICATE_DOMAIN):
        for host in (domain, f"{ours['identityzone']}.{domain}"):
            with connect(server, host) as connections:
                response = connections.request("GET", f"/token_keys?zid={ours['zoneid']}")
            assert response.status == 200, host
            assert response.json()["keys"], host


def test_a_certificate_authenticates_at_the_host_of_its_zone_and_at_the_bare_one(
    server: Server, theirs: Credentials
) -> None:
    """At the bare host, libraries send the zone in a header; the client determines it."""
    ours = bound(server, "ours", **{"oauth2-configuration": credential_types("x509")})
    fields = {"grant_type": "client_credentials", "client_id": ours["clientid"]}

    def status(host: str, **headers: str) -> int:
        headers["Host"] = host
        with connect(server, host, ours) as connections:
            response = connections.request_encode_body(
                "POST", "/oauth/token", fields, headers, encode_multipart=False
            )
        answered: int = response.status
        return answered

    assert ours["certurl"] == f"https://{ours['identityzone']}.{CERTIFICATE_DOMAIN}"
    assert status(f"{ours['identityzone']}.{CERTIFICATE_DOMAIN}") == 200
    assert status(CERTIFICATE_DOMAIN) == 200
    assert status(CERTIFICATE_DOMAIN, **{"X-zid": ours["zoneid"]}) == 200
    assert status(CERTIFICATE_DOMAIN, **{"x-zid": theirs["zoneid"]}) == 401
    assert status(f"{theirs['identityzone']}.{CERTIFICATE_DOMAIN}") == 401


def test_addresses_for_all_libraries_log_no_warning(server: Server) -> None:
    assert "XSUAA_DOMAIN" not in server.log()


@pytest.mark.parametrize("tenant_mode", ["dedicated", "shared", "external"])
def test_a_client_never_leaves_its_zone_in_any_tenant_mode(
    server: Server, theirs: Credentials, tenant_mode: str
) -> None:
    """D-31: the same 401 for an existing and a missing zone."""
    ours = bound(server, "ours", **{"tenant-mode": tenant_mode})
    assert fetch_token_at(server.url, ours, DOMAIN, **{"x-zid": ours["zoneid"]}).status_code == 200
    refusals = [
        fetch_token_at(server.url, ours, f"{theirs['identityzone']}.{DOMAIN}"),
        fetch_token_at(server.url, ours, f"{theirs['identityzone']}.{CERTIFICATE_DOMAIN}"),
        fetch_token_at(server.url, ours, f"nobody.{DOMAIN}"),
        fetch_token_at(server.url, ours, f"%2f\\.{DOMAIN}"),
        fetch_token_at(server.url, ours, DOMAIN, **{"x-zid": theirs["zoneid"]}),
        fetch_token_at(server.url, ours, DOMAIN, **{"X-ZID": a_guid()}),
        fetch_token_at(
            server.url, ours, DOMAIN, **{"x-zid": f"{ours['zoneid']}, {theirs['zoneid']}"}
        ),
    ]
    for refused in refusals:
        assert refused.status_code == 401
        assert refused.json() == {
            "error": "invalid_client",
            "error_description": "Bad credentials",
        }


def test_two_zones_may_contain_applications_of_the_same_name(server: Server) -> None:
    first, second = (bound(server, name, xsappname="twin") for name in ("first", "second"))
    assert first["clientid"] != second["clientid"]
    assert first["zoneid"] != second["zoneid"]
    assert (
        fetch_token_at(
            server.url, first | {"clientsecret": second["clientsecret"]}, DOMAIN
        ).status_code
        == 401
    )
    tokens = [claims_of(fetch_token_at(server.url, twin, DOMAIN)) for twin in (first, second)]
    assert not set(tokens[0]["aud"]) & set(tokens[1]["aud"]) - {"uaa"}


@pytest.mark.parametrize("path", ["/token_keys", "/token_key"])
def test_keys_of_a_zone_that_does_not_exist(server: Server, ours: Credentials, path: str) -> None:
    """O-90: libraries turn a 400 into a clean 401."""
    url = f"{server.url}{path}"
    for known in ("", "?zid=", f"?zid={ours['zoneid']}", "?unknown=x"):
        assert requests.get(f"{url}{known}", timeout=30).status_code == 200
    for unknown in (a_guid(), "x", "%00", "%ff", ours["zoneid"].upper(), "x" * 5000):
        refused = requests.get(f"{url}?zid={unknown}", timeout=30)
        assert refused.status_code == 400
        assert refused.json()["error"] == "invalid_request"


@pytest.mark.parametrize("path", ["/token_keys", "/token_key", "/.well-known/openid-configuration"])
def test_the_host_of_a_zone_that_does_not_exist(
    server: Server, ours: Credentials, path: str
) -> None:
    for known in (f"{ours['identityzone']}.{DOMAIN}", DOMAIN, "localhost"):
        response = requests.get(f"{server.url}{path}", headers={"Host": known}, timeout=30)
        assert response.status_code == 200
    for unknown in (f"nobody.{DOMAIN}", f"{'x' * 63}.{DOMAIN}"):
        response = requests.get(f"{server.url}{path}", headers={"Host": unknown}, timeout=30)
        assert response.status_code == 404
        text = "The subdomain does not map to a valid identity zone."
        assert response.json() == {"error": "not_found", "error_description": text}


def test_discovery_names_the_issuer_of_the_zone(server: Server, ours: Credentials) -> None:
    """O-81, O-95."""
    own = ours["identityzone"]
    url = f"{server.url}/.well-known/openid-configuration"
    found = requests.get(url, headers={"Host": f"{own}.{DOMAIN}"}, timeout=30).json()
    assert found["issuer"] == claims_of(fetch_token_at(server.url, ours, DOMAIN))["iss"]
    shared = requests.get(url, timeout=30).json()
    assert shared["issuer"] == f"https://{DOMAIN}/oauth/token"
    assert found["jwks_uri"] == shared["jwks_uri"] == f"https://{DOMAIN}/token_keys"


@pytest.mark.parametrize(
    "host",
    ["evil.org", f"{DOMAIN}.evil.org", f"evil.org#{DOMAIN}", "evil.org:80@x", "", "[", "\x7f"],
)
def test_a_hostile_host_header_reaches_nothing(
    server: Server, ours: Credentials, host: str
) -> None:
    """D-09: no URL, no claim, no redirect."""
    hostile = {
        "X-Forwarded-Host": "evil.org",
        "Forwarded": "host=evil.org",
        "X-Forwarded-Proto": "evil",
        "X-Original-URL": "/evil",
    }
    answered = fetch_token_at(server.url, ours, host, **hostile)
    assert answered.status_code in {200, 400}
    if answered.status_code == 200:
        assert "evil" not in str(claims_of(answered)) + str(header_of(answered))
    for path in ("/.well-known/openid-configuration", "/token_keys/", "/nowhere", "//evil.org"):
        answered = requests.get(
            f"{server.url}{path}", headers={"Host": host, **hostile}, timeout=30
        )
        assert "evil" not in answered.text + str(answered.headers)
        assert answered.history == []
        assert answered.status_code in {200, 400, 404}
