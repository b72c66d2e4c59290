"""@sap/xssec, unmodified, as a customer's Node.js application uses it.

The library fetches tokens over the binding's ``url`` and validates them with keys that it fetches
over https from the binding's ``uaadomain``; it never falls back to ``verificationkey``.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.clients.node_client import FOLDER, LIBRARY, NodeClient
from tests.clients.service_instance import (
    accepting_application,
    displaying_application,
    granting_application,
)
from tests.clients.tampering import with_another_signature, with_claims, with_header
from tests.support.platform import ORGANIZATION, a_guid

if TYPE_CHECKING:
    from tests.clients.service_instance import ServiceInstance
    from tests.support.platform import PlatformClient

WRONG_AUDIENCE = {"error": "WrongAudienceError", "status": 401}
WRONG_SIGNATURE = {"error": "InvalidTokenSignatureError", "status": 401}
UNKNOWN_KEY = {"error": "MissingKidError", "status": 401}
NO_CONNECTION = {"error": "RequestError", "status": 500}

NO_USER = dict.fromkeys(("logonName", "givenName", "familyName", "email", "attributes", "origin"))


def test_the_library_is_the_pinned_one() -> None:
    pinned = json.loads((FOLDER / "package.json").read_text())["dependencies"]["@sap/xssec"]
    locked = json.loads((FOLDER / "package-lock.json").read_text())["packages"]
    installed = json.loads((LIBRARY / "package.json").read_text())["version"]
    assert installed == locked["node_modules/@sap/xssec"]["version"] == pinned


@pytest.mark.parametrize("credential_type", ["binding-secret", "instance-secret"])
def test_a_token_is_fetched_and_validated(
    credential_type: str, node: NodeClient, application: ServiceInstance
) -> None:
    credentials = application.create_key(credential_type).credentials
    app_id = credentials["xsappname"]
    assert credentials["credential-type"] == credential_type

    (response,) = node.fetch_tokens(credentials)
    assert response["token_type"] == "bearer"
    assert response["scope"] == f"{app_id}.Display uaa.resource"

    (facts,) = node.validate(
        credentials,
        response["access_token"],
        scopes=["uaa.resource", f"{app_id}.Display", f"{app_id}.Edit", "Display"],
        local_scopes=["Display", "Edit", "NeverHeardOf"],
    )
    expires: float = facts.pop("expires")
    assert expires == pytest.approx(time.time() + response["expires_in"], abs=30)
    assert facts == {
        "clientId": credentials["clientid"],
        "zoneId": ORGANIZATION,
        "subaccountId": ORGANIZATION,
        "subdomain": credentials["identityzone"],
        "serviceInstanceId": application.instance_id,
        "grantType": "client_credentials",
        "userName": f"client/{credentials['clientid']}",
        **NO_USER,
        "scopes": {
            "uaa.resource": True,
            f"{app_id}.Display": True,
            f"{app_id}.Edit": False,
            "Display": False,
        },
        "localScopes": {"Display": True, "Edit": False, "NeverHeardOf": False},
    }


def test_a_key_of_plan_apiaccess_carries_the_platform_scopes(
    node: NodeClient, api_access: ServiceInstance
) -> None:
    credentials = api_access.create_key().credentials
    held = ("xs_user.read", "xs_user.write", "xs_authorization.read", "xs_idp.read")

    (facts,) = node.validate(
        credentials,
        node.fetch_token(credentials),
        scopes=[*held, "xs_user.delete"],
        local_scopes=["read"],
    )
    assert facts["clientId"] == credentials["clientid"]
    assert facts["serviceInstanceId"] == api_access.instance_id
    assert facts["scopes"] == {**dict.fromkeys(held, True), "xs_user.delete": False}
    assert facts["localScopes"] == {"read": False}


def test_an_application_that_grants_a_scope_accepts_the_other_s_token(
    node: NodeClient, platform: PlatformClient
) -> None:
    """A21: A grants, B accepts; A's library finds the scope in B's token, and C's does not."""
    name = f"b-{a_guid()}"
    granting = granting_application(platform, f"$XSAPPNAME(application,{name})")
    accepting = accepting_application(platform, name)
    stranger = displaying_application(platform)
    owner, client = (each.create_key().credentials for each in (granting, accepting))
    token = node.fetch_token(client)

    (facts,) = node.validate(owner, token, local_scopes=["Read", "Write"])
    assert facts["clientId"] == client["clientid"]
    assert facts["localScopes"] == {"Read": True, "Write": False}
    assert node.validate(stranger.create_key().credentials, token) == [WRONG_AUDIENCE]

    granting.update({"scopes": [{"name": "$XSAPPNAME.Read"}]})
    assert node.validate(owner, node.fetch_token(client)) == [WRONG_AUDIENCE]


@pytest.mark.parametrize("requested", [["uaa.resource"], ["{app}.Display", "uaa.resource"]])
def test_a_token_with_fewer_scopes_is_fetched_as_the_library_asks_for_it(
    requested: list[str], node: NodeClient, application: ServiceInstance
) -> None:
    """The library joins a list with commas."""
    credentials = application.create_key().credentials
    scopes = [scope.format(app=credentials["xsappname"]) for scope in requested]

    (response,) = node.fetch_tokens(credentials, options={"scope": scopes})
    assert response["scope"].split() == scopes


def test_a_scope_of_the_application_that_the_client_lacks_is_refused(
    node: NodeClient, application: ServiceInstance
) -> None:
    credentials = application.create_key().credentials
    options = {"scope": f"{credentials['xsappname']}.Edit"}
    assert node.fetch_tokens(credentials, options=options) == [refused(400)]


def test_a_token_for_the_own_zone_is_fetched_over_https(
    node: NodeClient, application: ServiceInstance
) -> None:
    """With a zone the library calls ``uaadomain`` instead of ``url``."""
    credentials = application.create_key().credentials

    token = node.fetch_token(credentials, zid=credentials["zoneid"])
    (facts,) = node.validate(credentials, token, local_scopes=["Display"])
    assert facts["zoneId"] == ORGANIZATION
    assert facts["localScopes"] == {"Display": True}


def test_a_deleted_key_is_refused_and_its_neighbours_are_not(
    node: NodeClient, application: ServiceInstance
) -> None:
    deleted, kept = application.create_key(), application.create_key()
    shared = application.create_key("instance-secret")
    before = node.fetch_tokens(deleted.credentials, kept.credentials, shared.credentials)
    assert all("access_token" in answer for answer in before)

    application.delete_key(deleted)

    # Several times, to reach every worker process.
    again = node.fetch_tokens(*[deleted.credentials] * 6, kept.credentials, shared.credentials)
    assert again[:6] == [refused(401)] * 6
    assert all("access_token" in answer for answer in again[6:])


def test_a_deleted_key_of_plan_apiaccess_is_refused(
    node: NodeClient, api_access: ServiceInstance
) -> None:
    key = api_access.create_key()
    node.fetch_token(key.credentials)
    api_access.delete_key(key)
    assert node.fetch_tokens(key.credentials) == [refused(401)]


def test_an_altered_secret_is_refused(node: NodeClient, application: ServiceInstance) -> None:
    credentials = application.create_key().credentials
    key_id, dollar, secret = credentials["clientsecret"].partition("$")
    altered = credentials | {"clientsecret": key_id + dollar + secret.swapcase()}
    assert node.fetch_tokens(altered) == [refused(401)]


def test_a_token_of_another_instance_is_refused(
    node: NodeClient,
    application: ServiceInstance,
    another_application: ServiceInstance,
    api_access: ServiceInstance,
) -> None:
    instances = (application, another_application, api_access)
    all_credentials = [instance.create_key().credentials for instance in instances]
    tokens = [answer["access_token"] for answer in node.fetch_tokens(*all_credentials)]

    for own, credentials in enumerate(all_credentials):
        answers = node.validate(credentials, *tokens)
        assert answers.pop(own)["clientId"] == credentials["clientid"]
        assert answers == [WRONG_AUDIENCE] * 2


def test_naming_the_scopes_of_an_application_gives_no_access(
    node: NodeClient, platform: PlatformClient, application: ServiceInstance
) -> None:
    """Neither a foreign scope as own authority nor a longer name extends the audience."""
    credentials = application.create_key().credentials
    app_id = credentials["xsappname"]
    name = app_id.partition("!")[0]
    intruders = [
        displaying_application(platform, authorities=[f"{app_id}.Display"]),
        displaying_application(platform, authorities=[f"$XSAPPNAME(application,{name}).Display"]),
        displaying_application(platform, xsappname=f"{name}-2"),
    ]
    stolen = node.fetch_tokens(*(intruder.create_key().credentials for intruder in intruders))

    answers = node.validate(credentials, *(answer["access_token"] for answer in stolen))
    assert answers == [WRONG_AUDIENCE] * len(intruders)


def test_a_tampered_token_is_refused(node: NodeClient, application: ServiceInstance) -> None:
    credentials = application.create_key().credentials
    token = node.fetch_token(credentials)
    wider = [f"{credentials['xsappname']}.{name}" for name in ("Display", "Edit")]

    assert node.validate(
        credentials,
        with_claims(token, scope=wider),
        with_another_signature(token),
        with_header(token, kid="another-key"),
    ) == [WRONG_SIGNATURE, WRONG_SIGNATURE, UNKNOWN_KEY]


def test_keys_are_fetched_over_https_from_a_server_that_must_be_trusted(
    node: NodeClient, application: ServiceInstance
) -> None:
    credentials = application.create_key().credentials
    token = node.fetch_token(credentials)
    assert NodeClient(ca_file=None).validate(credentials, token) == [NO_CONNECTION]


def refused(status: int) -> dict[str, Any]:
    """The library's error for a refused token request."""
    return {"error": "ResponseError", "status": status}
