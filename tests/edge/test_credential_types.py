"""The issue and accept matrix, and the migration table, over HTTP (A3 to A8, A15)."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

import pytest

from tests.support.application import fetch_token, token_claims, token_status
from tests.support.mutual_tls import fetch_with_certificate
from tests.support.platform import APIACCESS, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

TYPES = ("instance-secret", "binding-secret", "x509")
ORDERS = [order for length in (1, 2, 3) for order in permutations(TYPES, length)]
SETS = [frozenset(each) for length in (1, 2, 3) for each in combinations(TYPES, length)]


class Application:
    """An instance whose list of credential types changes."""

    def __init__(self, platform: PlatformClient, server: Server) -> None:
        """Create the instance with every type listed, and a key of each."""
        self.platform = platform
        self.server = server
        self.instance_id = a_guid()
        self.descriptor = a_descriptor(oauth2_configuration=credential_types(*TYPES))
        assert platform.provision(self.instance_id, self.descriptor).status_code == 201
        self.keys = {type_: self.key(type_) for type_ in TYPES}

    def key(self, type_: str | None = None) -> Credentials:
        """Create a service key and return its credentials."""
        requested = {"credential-type": type_} if type_ else None
        response = self.platform.bind(self.instance_id, a_guid(), requested)
        assert response.status_code == 201, response.text
        credentials: Credentials = response.json()["credentials"]
        return credentials

    def list_types(self, *types: str) -> None:
        """Update the instance to this list."""
        new = self.descriptor | {"oauth2-configuration": credential_types(*types)}
        assert self.platform.update(self.instance_id, new).status_code == 200

    def status(self, type_: str) -> int:
        """Return the status of a token request with the first key of this type."""
        credentials = self.keys[type_]
        if type_ == "x509":
            return fetch_with_certificate(credentials, self.server.ca_file).status
        return token_status(credentials)


@pytest.fixture
def application(platform: PlatformClient, server: Server) -> Application:
    return Application(platform, server)


@pytest.mark.parametrize("listed", ORDERS, ids=",".join)
def test_the_list_determines_issued_and_accepted_types(
    application: Application, listed: tuple[str, ...]
) -> None:
    """A8: the first of the list is the default, the rest on request, all others refused."""
    application.list_types(*listed)
    assert application.key()["credential-type"] == listed[0]
    for type_ in TYPES:
        requested = {"credential-type": type_}
        response = application.platform.bind(application.instance_id, a_guid(), requested)
        assert response.status_code == (201 if type_ in listed else 400)
        if type_ in listed:
            assert response.json()["credentials"]["credential-type"] == type_
        else:
            assert ", ".join(listed) in response.json()["description"]
        assert application.status(type_) == (200 if type_ in listed else 401)


@pytest.mark.parametrize("before", SETS, ids=lambda types: ",".join(sorted(types)))
def test_acceptance_depends_on_the_present_list_alone(
    application: Application, before: frozenset[str]
) -> None:
    """D-02: from any list to any other, whatever came between (A3, A5)."""
    for after in SETS:
        application.list_types(*sorted(before))
        application.list_types(*sorted(after))
        for type_ in TYPES:
            assert application.status(type_) == (200 if type_ in after else 401)


def test_plan_apiaccess_issues_binding_secrets_only(platform: PlatformClient) -> None:
    """A15."""
    instance_id = a_guid()
    assert platform.provision(instance_id, None, APIACCESS).status_code == 201
    for requested, status in (
        (None, 201),
        ("binding-secret", 201),
        ("instance-secret", 400),
        ("x509", 400),
    ):
        parameters = {"credential-type": requested} if requested else None
        response = platform.bind(instance_id, a_guid(), parameters, APIACCESS)
        assert response.status_code == status
        if status == 201:
            credentials = response.json()["credentials"]
            assert credentials["credential-type"] == "binding-secret"
            assert "!a" in credentials["clientid"]
            assert token_status(credentials) == 200


def test_client_x509_gives_tokens_by_certificate_only(
    application: Application, server: Server
) -> None:
    """D-60: a secret gets the answer of any grant that the client may not use (D-17)."""

    def allow(*grant_types: str) -> str:
        configuration = credential_types(*TYPES) | {"grant-types": list(grant_types)}
        new = application.descriptor | {"oauth2-configuration": configuration}
        response = application.platform.update(application.instance_id, new)
        assert response.status_code == 200, response.text
        return str(response.json().get("description", ""))

    secret = application.keys["binding-secret"]
    allow("password")
    unauthorized = fetch_token(secret)
    assert "credential-types" in allow("client_x509")
    assert [application.status(type_) for type_ in TYPES] == [unauthorized.status_code] * 2 + [200]
    for in_body in (False, True):
        refused = fetch_token(secret, in_body=in_body, scope="uaa.resource")
        assert refused.status_code == unauthorized.status_code
        assert refused.json() == unauthorized.json()
    with_certificate = fetch_with_certificate(application.keys["x509"], server.ca_file)
    assert token_claims(with_certificate.token)["grant_type"] == "client_credentials"
    allow("client_x509", "client_credentials")
    assert [application.status(type_) for type_ in TYPES] == [200, 200, 200]
