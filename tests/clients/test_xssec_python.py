"""sap-xssec, unmodified, as a customer's Python application uses it.

The library has no function that fetches a client-credentials token: its documentation starts with
an existing token, and its only token request, ``request_token_for_client``, exchanges one by the
jwt-bearer grant. So the application requests its token itself, over plain HTTP at the binding's
``url``, and the library validates it with a key that it fetches over https from ``uaadomain``.
"""

from __future__ import annotations

import time
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from tests.clients.python_client import PythonClient
from tests.clients.service_instance import (
    accepting_application,
    displaying_application,
    granting_application,
)
from tests.clients.tampering import with_another_signature, with_claims, with_header
from tests.support.application import fetch_token, token_status
from tests.support.people import PASSWORD, people_of
from tests.support.platform import ORGANIZATION, a_guid
from tests.support.server import ROOT

if TYPE_CHECKING:
    from tests.clients.program import Answer
    from tests.clients.service_instance import ServiceInstance
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

NO_USER = dict.fromkeys(
    ("logon_name", "given_name", "family_name", "email", "has_attributes", "origin")
)

# How the library words a 401 of the token endpoint.
NOT_AUTHENTICATED = "Authorization header invalid"


def test_the_library_is_the_pinned_one() -> None:
    locked = (ROOT / "requirements-dev.txt").read_text().splitlines()
    assert f"sap-xssec=={version('sap-xssec')} \\" in locked


@pytest.mark.parametrize("credential_type", ["binding-secret", "instance-secret"])
def test_a_token_is_validated(
    credential_type: str, python: PythonClient, application: ServiceInstance
) -> None:
    credentials = application.create_key(credential_type).credentials
    app_id = credentials["xsappname"]
    assert credentials["credential-type"] == credential_type
    response = fetch_token(credentials).json()

    (facts,) = python.validate(
        credentials,
        response["access_token"],
        scopes=["uaa.resource", "$XSAPPNAME.Display", f"{app_id}.Display", f"{app_id}.Edit"],
        local_scopes=["Display", "Edit", "NeverHeardOf"],
    )
    expires: float = facts.pop("expires")
    assert expires == pytest.approx(time.time() + response["expires_in"], abs=30)
    assert facts == {
        "client_id": credentials["clientid"],
        "zone_id": ORGANIZATION,
        "subaccount_id": ORGANIZATION,
        "subdomain": credentials["identityzone"],
        "service_instance_id": application.instance_id,
        "grant_type": "client_credentials",
        **NO_USER,
        "scopes": {
            "uaa.resource": True,
            "$XSAPPNAME.Display": True,
            f"{app_id}.Display": True,
            f"{app_id}.Edit": False,
        },
        "local_scopes": {"Display": True, "Edit": False, "NeverHeardOf": False},
    }


def test_a_key_of_plan_apiaccess_carries_the_platform_scopes(
    python: PythonClient, api_access: ServiceInstance
) -> None:
    credentials = api_access.create_key().credentials
    held = ("xs_user.read", "xs_user.write", "xs_authorization.read", "xs_idp.read")

    (facts,) = python.validate(
        credentials,
        token_of(credentials),
        scopes=[*held, "xs_user.delete"],
        local_scopes=["read"],
    )
    assert facts["client_id"] == credentials["clientid"]
    assert facts["service_instance_id"] == api_access.instance_id
    assert facts["scopes"] == {**dict.fromkeys(held, True), "xs_user.delete": False}
    assert facts["local_scopes"] == {"read": False}


def test_an_application_that_grants_a_scope_accepts_the_other_s_token(
    python: PythonClient, platform: PlatformClient
) -> None:
    """A21: A grants, B accepts; A's library finds the scope in B's token."""
    name = f"b-{a_guid()}"
    granting = granting_application(platform, f"$XSAPPNAME(application,{name})")
    accepting = accepting_application(platform, name)
    owner, client = (each.create_key().credentials for each in (granting, accepting))

    (facts,) = python.validate(owner, token_of(client), local_scopes=["Read", "Write"])
    assert facts["client_id"] == client["clientid"]
    assert facts["local_scopes"] == {"Read": True, "Write": False}

    granting.update({"scopes": [{"name": "$XSAPPNAME.Read"}]})
    (answer,) = python.validate(owner, token_of(client))
    assert "Audience Validation Failed" in answer["message"]


def test_a_deleted_key_is_refused_and_its_neighbour_is_not(
    python: PythonClient, application: ServiceInstance, server: Server
) -> None:
    """Refused to the application, and to the library when it requests a token itself."""
    deleted, kept = (application.create_key() for _ in range(2))
    name = people_of(server, kept.credentials).create()
    issued = fetch_token(kept.credentials, grant_type="password", username=name, password=PASSWORD)
    token = issued.json()["access_token"]
    both = deleted.credentials, kept.credentials
    assert [token_status(credentials) for credentials in both] == [200, 200]
    before = python.exchange(token, kept.credentials, *both)
    assert [NOT_AUTHENTICATED in answer.get("message", "") for answer in before] == [False, False]

    application.delete_key(deleted)

    # Several times, to reach every worker process.
    assert [token_status(deleted.credentials) for _ in range(6)] == [401] * 6
    assert token_status(kept.credentials) == 200
    after = python.exchange(token, kept.credentials, *both)
    assert [NOT_AUTHENTICATED in answer.get("message", "") for answer in after] == [True, False]


def test_a_token_of_another_instance_is_refused(
    python: PythonClient,
    application: ServiceInstance,
    another_application: ServiceInstance,
    api_access: ServiceInstance,
) -> None:
    instances = (application, another_application, api_access)
    all_credentials = [instance.create_key().credentials for instance in instances]
    tokens = [token_of(credentials) for credentials in all_credentials]

    for own, credentials in enumerate(all_credentials):
        answers = python.validate(credentials, *tokens)
        assert answers.pop(own)["client_id"] == credentials["clientid"]
        assert [refusal(answer) for answer in answers] == ["Audience Validation Failed"] * 2


def test_naming_the_scopes_of_an_application_gives_no_access(
    python: PythonClient, platform: PlatformClient, application: ServiceInstance
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
    stolen = [token_of(intruder.create_key().credentials) for intruder in intruders]

    answers = python.validate(credentials, *stolen)
    assert [refusal(answer) for answer in answers] == ["Audience Validation Failed"] * 3


def test_a_tampered_token_is_refused(python: PythonClient, application: ServiceInstance) -> None:
    credentials = application.create_key().credentials
    token = token_of(credentials)
    wider = [f"{credentials['xsappname']}.{name}" for name in ("Display", "Edit")]

    widened, resigned, unknown = python.validate(
        credentials,
        with_claims(token, scope=wider),
        with_another_signature(token),
        with_header(token, kid="another-key"),
    )
    assert "Signature verification failed" in refusal(widened)
    assert "Signature verification failed" in refusal(resigned)
    assert refusal(unknown) == "Could not find key with kid another-key"


def test_the_key_of_the_binding_is_not_needed(
    python: PythonClient, application: ServiceInstance
) -> None:
    """The library would use ``verificationkey`` if it failed with the key it fetched."""
    credentials = application.create_key().credentials
    token = token_of(credentials)
    del credentials["verificationkey"]

    (facts,) = python.validate(credentials, token)
    assert facts["client_id"] == credentials["clientid"]


def test_keys_are_fetched_over_https_from_a_server_that_must_be_trusted(
    application: ServiceInstance,
) -> None:
    credentials = application.create_key().credentials
    (answer,) = PythonClient(ca_file=None).validate(credentials, token_of(credentials))
    assert answer["error"] == "ConnectError"
    assert "CERTIFICATE_VERIFY_FAILED" in answer["message"]


def token_of(credentials: Credentials) -> str:
    """Fetch a token, which must be issued."""
    token: str = fetch_token(credentials).json()["access_token"]
    return token


def refusal(answer: Answer) -> str:
    """Return the message with which a token was refused."""
    message: str = answer["message"]
    return message
