"""Approvals, identity providers and settings of a zone, by commands beside a running server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.administration import in_organization
from tests.support.application import claims_of, fetch_token
from tests.support.platform import APIACCESS, a_descriptor, a_guid

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

ZONE = a_guid()


def test_an_application_is_approved(platform: PlatformClient, server: Server) -> None:
    """D-57."""
    descriptor = a_descriptor() | {"foreign-scope-references": ["xs_user.read"]}
    provisioned = platform.provision(a_guid(), descriptor)
    assert provisioned.status_code == 201
    assert "foreign-scope-references[0]: xs_user.read takes effect only" in provisioned.text
    listed = json.loads(server.command("applications", "list", "--json").stdout)
    # Other tests on this server may have created the first zone.
    [requesting] = [each for each in listed if each["id"].startswith(descriptor["xsappname"])]
    app_id, zone = requesting["id"], requesting["zone"]
    assert (requesting["requested"], requesting["approved"]) == (["xs_user.read"], [])
    approved = server.command("applications", "approve", app_id, "--zone", zone, "--yes", "--json")
    assert json.loads(approved.stdout)["approved"] == ["xs_user.read"]
    assert app_id not in server.command("doctor", "check").stderr


def test_mode_dev_approves_an_instance_of_plan_apiaccess(platform: PlatformClient) -> None:
    """D-57."""
    instance = a_guid()
    assert platform.provision(instance, plan_id=APIACCESS).status_code == 201
    bound = platform.bind(instance, a_guid(), plan_id=APIACCESS)
    claims = claims_of(fetch_token(bound.json()["credentials"]))
    assert "xs_user.write" in claims["scope"]


def test_a_provider_is_added_and_deleted(platform: PlatformClient, server: Server) -> None:
    """I-30, I-46."""
    assert platform.provision(a_guid(), a_descriptor()).status_code == 201
    origin, zone = f"o-{a_guid()[:8]}", ("--zone", "1")
    issuer = f"https://{origin}.example.org"
    options = ("--issuer", issuer, "--client-id", "app", "--secret-stdin")
    server.command("providers", "add", origin, *zone, *options, stdin="s3cret\n")
    shown = server.command("providers", "show", origin, *zone, "--json").stdout
    assert (json.loads(shown)["has_secret"], "s3cret" in shown) == (True, False)
    again = server.command("providers", "add", f"{origin}-2", *zone, *options[:4], check=False)
    assert (again.returncode, issuer in again.stderr) == (1, True)
    settings = server.command("zones", "set", "1", "--default-idp", origin, "--json").stdout
    assert json.loads(settings)["default_idp"] == origin
    deleted = server.command("providers", "delete", origin, *zone, "--yes", "--json").stdout
    assert json.loads(deleted) == {"origin": origin, "users": 0, "mappings": 0}
    zone_1 = json.loads(server.command("zones", "show", "1", "--json").stdout)
    assert zone_1["settings"]["default_idp"] is None
    assert "sap.default" in [each["origin"] for each in zone_1["providers"]]


def test_the_token_policy_of_a_zone_is_a_maximum_of_the_next_token(
    platform: PlatformClient, server: Server
) -> None:
    """D-43: also for the client-credentials grant, whose look-ups are cached."""
    validities = {"token-validity": 7200}
    credentials = {}
    for name, own in (("own", {"oauth2-configuration": validities}), ("default", {})):
        instance = a_guid()
        created = platform.provision(instance, a_descriptor() | own, **in_organization(ZONE))
        assert created.status_code == 201, created.text
        credentials[name] = platform.bind(instance, a_guid()).json()["credentials"]
    zone = credentials["own"]["identityzoneid"]

    def lifetimes() -> list[int]:
        answers = (fetch_token(each).json() for each in credentials.values())
        return [answer["expires_in"] + 1 for answer in answers]

    assert lifetimes() == [7200, 43_200]
    for most, expected in (("1800", [1800, 1800]), ("10000", [7200, 10_000])):
        server.command("zones", "set", zone, "--access-token-validity", most)
        for _ in range(8):  # each worker
            assert lifetimes() == expected
    claims = claims_of(fetch_token(credentials["default"]))
    assert claims["exp"] - claims["iat"] >= 10_000
    server.command("zones", "set", zone, "--access-token-validity", "-1")
    assert lifetimes() == [7200, 43_200]
