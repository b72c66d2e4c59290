"""SAP's Java library, unmodified: on port 443 it survives a rotation of the signing keys."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import jwt
import pytest

from tests.clients.java_client import JavaClient, import_ca
from tests.clients.java_programs import JavaMissingError, jars, jdk
from tests.clients.service_instance import ServiceInstance, displaying_application
from tests.clients.tampering import with_another_signature, with_claims
from tests.operations.processes import await_that
from tests.support.application import token_claims
from tests.support.people import PASSWORD, displaying_users, people_of
from tests.support.platform import PlatformClient, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.application import Credentials

DOMAIN = "authentication.example.org"
CERTIFICATE_DOMAIN = "authentication.cert.example.org"

# One server and one JVM for all tests.
pytestmark = pytest.mark.xdist_group("java")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with hosts per zone and its own certificate."""
    settings = {
        "XSUAA_PUBLIC_URL": f"https://{{zone}}.{DOMAIN}",
        "XSUAA_CERT_URL": f"https://{{zone}}.{CERTIFICATE_DOMAIN}",
        "XSUAA_KEY_RELOAD_INTERVAL": "1",
    }
    with Server(tmp_path_factory.mktemp("java"), workers=1, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def java(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaClient]:
    """The application; skips without a JDK or the library, and fails if they are required."""
    try:
        programs = jdk()
        library = jars(programs)
    except JavaMissingError as missing:
        if os.environ.get("TESTS_REQUIRE_JAVA"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    store = import_ca(programs, server.ca_file, tmp_path_factory.mktemp("truststore"))
    with JavaClient(programs, library, store, server.tls_port) as running:
        yield running


@pytest.fixture(scope="module")
def application(server: Server) -> ServiceInstance:
    """An application with secrets and certificates."""
    platform = PlatformClient(server.url, server.user, server.password)
    types = credential_types("binding-secret", "x509")
    return displaying_application(platform, **{"oauth2-configuration": types})


@pytest.fixture(scope="module")
def secret(application: ServiceInstance) -> Credentials:
    """Credentials with a secret, without the key that the library would fall back to."""
    return without_key(application.create_key("binding-secret").credentials)


@pytest.fixture(scope="module")
def certificate(application: ServiceInstance) -> Credentials:
    """Credentials with a certificate, without the key that the library would fall back to."""
    return without_key(application.create_key("x509").credentials)


def without_key(credentials: Credentials) -> Credentials:
    return {name: value for name, value in credentials.items() if name != "verificationkey"}


def rotate(server: Server, java: JavaClient, credentials: Credentials) -> None:
    """Return when tokens are signed with another key."""

    def kid() -> str:
        found: str = jwt.get_unverified_header(java.fetch_token(credentials))["kid"]
        return found

    before = kid()
    server.command("keys", "rotate", "--force")
    await_that(lambda: kid() != before, "no rotation")


def test_tokens_are_valid_before_and_after_a_rotation_of_the_signing_key(
    server: Server, java: JavaClient, secret: Credentials, certificate: Credentials
) -> None:
    accepted = {
        "clientId": secret["clientid"],
        "zoneId": secret["zoneid"],
        "subdomain": secret["identityzone"],
        "countries": [],
        "mayDisplay": True,
        "mayEdit": False,
    }
    # As in a deployment, and as the server on a developer's machine with XSUAA_TLS_PORT=443.
    local = secret | {"uaadomain": "localhost"}
    assert secret["uaadomain"] == DOMAIN
    before = [java.fetch_token(each) for each in (secret, certificate)]
    rotate(server, java, secret)
    after = [java.fetch_token(each) for each in (secret, certificate)]
    for token in before + after:
        for validating in (secret, certificate, local):
            assert java.validate(validating, token) == accepted


def test_a_certificate_is_accepted_at_the_host_without_zone(
    java: JavaClient, certificate: Credentials
) -> None:
    shared = certificate | {"certurl": f"https://{CERTIFICATE_DOMAIN}"}
    for zone in (None, certificate["zoneid"]):
        token = java.fetch_token(shared, zone)
        assert java.validate(certificate, token)["zoneId"] == certificate["zoneid"]


def test_foreign_and_tampered_tokens_are_refused(
    server: Server, java: JavaClient, secret: Credentials
) -> None:
    platform = PlatformClient(server.url, server.user, server.password)
    foreign = displaying_application(platform).create_key().credentials
    token = java.fetch_token(secret)
    for refused, reason in (
        (java.fetch_token(foreign), "audience"),
        (with_claims(token, scope=[f"{secret['xsappname']}.Edit"]), "Signature"),
        (with_another_signature(token), "Signature"),
    ):
        assert reason in java.validate(secret, refused)["error"]


@pytest.mark.parametrize("credential_type", ["binding-secret", "x509"])
def test_a_user_logs_on_refreshes_and_exchanges(
    server: Server, java: JavaClient, credential_type: str
) -> None:
    """M8, M10: the exchange sends attributes, which become ``az_attr``."""
    platform = PlatformClient(server.url, server.user, server.password)
    key = ServiceInstance(platform).create(displaying_users()).create_key(credential_type)
    credentials = without_key(key.credentials)
    people = people_of(server, credentials)
    name = people.create("CountryViewer", app_id=credentials["xsappname"])
    first = java.fetch_user_token(credentials, username=name, password=PASSWORD)
    refreshed = java.fetch_user_token(credentials, refresh_token=first["refresh_token"])
    exchanged = java.fetch_user_token(
        credentials, assertion=first["access_token"], zone=credentials["zoneid"]
    )
    for issued in (first, refreshed, exchanged):
        facts = java.validate(credentials, issued["access_token"])
        assert facts["user"] == name
        assert facts["countries"] == ["DE", "FR"]
        assert (facts["mayDisplay"], facts["mayEdit"]) == (True, False)
    assert token_claims(exchanged["access_token"])["az_attr"] == {"purpose": "test"}


def test_a_domain_with_a_port_works_only_until_the_first_rotation(
    server: Server, java: JavaClient, application: ServiceInstance
) -> None:
    """What the server warns of: remove the warning if this fails with a newer library."""
    credentials = application.create_key("binding-secret").credentials
    with_port = credentials | {"uaadomain": f"{DOMAIN}:{server.tls_port}"}
    token = java.fetch_token(credentials)
    assert "error" in java.validate(without_key(with_port), token)
    assert "error" not in java.validate(with_port, token)

    rotate(server, java, credentials)
    assert "error" not in java.validate(with_port, token)
    token = java.fetch_token(credentials)
    assert "error" in java.validate(with_port, token)
    assert "error" not in java.validate(credentials, token)
