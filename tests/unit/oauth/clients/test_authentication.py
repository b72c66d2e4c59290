"""Authentication of clients: secrets, certificates, zones, limits and observers."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from broker.authentication.client import AuthenticatedClient
from broker.authentication.failure_limit import FailureLimit
from broker.authentication.former_zone import FormerZones
from broker.descriptor.model import CredentialType
from broker.errors import AuthenticationFailed, GrantRefused, TooManyFailures
from broker.oauth.clients.address import address_of
from broker.oauth.clients.authentication import NO_CREDENTIALS, ClientAuthentication
from tests.support.domain import ADDRESSES
from tests.support.instances import ZONE, an_oauth_client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CLIENT, SECRET = "sb-app!t7", "secret"
FORM = {"client_id": CLIENT, "client_secret": SECRET}
WRONG = {**FORM, "client_secret": "wrong"}
MOVED = replace(
    ZONE, row_id=9, index=9, guid="0a1b2c3d-0000-4000-8000-000000000009", subdomain="zone-9"
)
HERE = {"REMOTE_ADDR": "192.0.2.1"}


def authenticated(by: CredentialType) -> AuthenticatedClient:
    return AuthenticatedClient(an_oauth_client(), 5, by, "5.tag")


@dataclass
class Collaborators:
    """Collaborators of the authentication: one right secret, one right certificate."""

    tried: list[tuple[str, str]] = field(default_factory=list)
    certificates: list[str] = field(default_factory=list)
    counted: list[tuple[str, str]] = field(default_factory=list)
    observed: list[str] = field(default_factory=list)

    def look_up(self, presented: Sequence[tuple[str, str]]) -> Mapping[Any, Any]:
        return dict.fromkeys(presented)

    def authenticate(
        self, client_id: str, proof: Any, looked_up: Any = None
    ) -> AuthenticatedClient:
        if isinstance(proof, bytes):
            self.certificates.append(client_id)
            if client_id != CLIENT:
                raise AuthenticationFailed("no such certificate")
            return authenticated(CredentialType.X509)
        self.tried.append((client_id, proof))
        if (client_id, proof) != (CLIENT, SECRET):
            raise AuthenticationFailed("wrong secret")
        return authenticated(CredentialType.BINDING_SECRET)

    def refused(self, error: AuthenticationFailed, address: str = "", client_id: str = "-") -> None:
        if client_id == "-":
            self.observed.append("refused")
        else:
            self.counted.append((address, client_id))

    def accepted(self, client: AuthenticatedClient) -> None:
        self.observed.append("accepted")

    @staticmethod
    def is_named(index: int, *, guid: str = "", subdomain: str = "") -> bool:
        return (index, guid, subdomain) in {(7, ZONE.guid, ""), (7, "", ZONE.subdomain)}


@dataclass
class Endpoint:
    """Authenticates requests one after the other."""

    limit: int = 0
    certificate: bytes | AuthenticationFailed | None = None
    public_url: str = "https://uaa.example.org"
    parts: Collaborators = field(default_factory=Collaborators)

    def __post_init__(self) -> None:
        parts: Any = self.parts
        self.authentication = ClientAuthentication(
            parts,
            parts,
            self._certificate,
            replace(ADDRESSES, public_url=self.public_url),
            FailureLimit(self.limit, clock=lambda: 0.0),
            parts,
            partial(address_of, trusted_hops=1),
            parts,
            FormerZones(parts),
        )

    def _certificate(self, environ: Mapping[str, Any]) -> bytes | None:
        if isinstance(self.certificate, AuthenticationFailed):
            raise self.certificate
        return self.certificate

    def __call__(self, form: Mapping[str, str] = FORM, **environ: str) -> AuthenticatedClient:
        return self.authentication.client_of(self.authentication.read({**HERE, **environ}, form))

    def refuses(self, form: Mapping[str, str] = FORM, **environ: str) -> None:
        with pytest.raises(AuthenticationFailed):
            self(form, **environ)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def test_a_right_secret_is_accepted_and_observed_once() -> None:
    endpoint = Endpoint()
    assert endpoint().credential_type is CredentialType.BINDING_SECRET
    assert endpoint({}, HTTP_AUTHORIZATION=basic(CLIENT, SECRET)).credential_id == 5
    assert endpoint.parts.observed == ["accepted", "accepted"]
    assert endpoint.parts.counted == []


def test_a_wrong_secret_is_refused_observed_and_counted_once() -> None:
    endpoint = Endpoint()
    endpoint.refuses(WRONG)
    assert endpoint.parts.observed == ["refused"]
    assert endpoint.parts.counted == [("192.0.2.1", CLIENT)]


def test_an_invalid_client_id_is_not_counted_by_id() -> None:
    """The secret of a client that swaps id and secret must not be logged."""
    endpoint = Endpoint(limit=1)
    for _ in range(3):
        endpoint.refuses({"client_id": SECRET, "client_secret": CLIENT})
    assert endpoint.parts.counted == [("192.0.2.1", "")] * 3


def test_a_request_without_credentials_costs_what_a_wrong_secret_costs() -> None:
    """O-06."""
    endpoint = Endpoint()
    endpoint.refuses({})
    assert endpoint.parts.tried == [NO_CREDENTIALS]
    assert endpoint.parts.counted == [("192.0.2.1", "")]


def test_an_encoded_reading_is_tried_after_the_raw_one_unless_announced() -> None:
    header = basic("sb-app%21t7", SECRET)
    plain = Endpoint()
    assert plain({}, HTTP_AUTHORIZATION=header).credential_id == 5
    assert plain.parts.tried == [("sb-app%21t7", SECRET), (CLIENT, SECRET)]
    assert plain.parts.observed == ["accepted"]
    announced = Endpoint()
    announced({}, HTTP_AUTHORIZATION=header, HTTP_X_CF_ENCODED_CREDENTIALS="True")
    assert announced.parts.tried == [(CLIENT, SECRET)]


def test_a_certificate_needs_the_client_id_alone() -> None:
    """RFC 8705 section 2."""
    endpoint = Endpoint(certificate=b"DER")
    assert endpoint({"client_id": CLIENT}).credential_type is CredentialType.X509
    assert (endpoint.parts.tried, endpoint.parts.certificates) == ([], [CLIENT])


def test_a_secret_beside_a_certificate_must_be_right_too() -> None:
    """H-29."""
    endpoint = Endpoint(certificate=b"DER")
    endpoint.refuses(WRONG)
    assert endpoint.parts.certificates == []
    assert endpoint().credential_type is CredentialType.X509
    endpoint.refuses({"client_id": CLIENT}, HTTP_AUTHORIZATION=basic(CLIENT, "wrong"))


def test_a_broken_certificate_is_a_refusal_also_with_the_right_secret() -> None:
    endpoint = Endpoint(certificate=AuthenticationFailed("unusable forwarded certificate"))
    endpoint.refuses()
    assert endpoint.parts.tried == [NO_CREDENTIALS]


def test_secrets_that_contradict_each_other_are_a_malformed_request() -> None:
    endpoint = Endpoint()
    with pytest.raises(GrantRefused):
        endpoint(WRONG, HTTP_AUTHORIZATION=basic(CLIENT, SECRET))
    assert (endpoint.parts.observed, endpoint.parts.counted) == ([], [])


def test_failures_are_limited_and_a_right_secret_never() -> None:
    """D-37."""
    endpoint = Endpoint(limit=2)
    endpoint.refuses(WRONG)
    endpoint.refuses(WRONG)
    with pytest.raises(TooManyFailures) as limited:
        endpoint(WRONG)
    assert limited.value.retry_after == 60
    assert endpoint().credential_id == 5
    endpoint.refuses(WRONG, HTTP_X_FORWARDED_FOR="198.51.100.7")
    assert len(endpoint.parts.counted) == 4


@pytest.mark.parametrize(
    ("environ", "is_own"),
    [
        ({"HTTP_X_ZID": ZONE.guid}, True),
        ({"HTTP_X_ZID": ""}, True),
        ({"HTTP_X_ZID": "0a1b2c3d-0000-4000-8000-000000000008"}, False),
        ({"HTTP_HOST": "zone-7.uaa.example.org"}, True),
        ({"HTTP_HOST": "ZONE-7.uaa.example.org:443"}, True),
        ({"HTTP_HOST": "zone-8.uaa.example.org"}, False),
        ({"HTTP_HOST": "elsewhere.example.org"}, True),
        ({}, True),
    ],
)
def test_a_request_may_name_the_client_s_own_zone_only(
    environ: dict[str, Any], *, is_own: bool
) -> None:
    """D-31: the secret is right, so no failed attempt is counted."""
    endpoint = Endpoint(public_url="https://{zone}.uaa.example.org")
    if is_own:
        assert endpoint(FORM, **environ).credential_id == 5
    else:
        endpoint.refuses(FORM, **environ)
        assert (endpoint.parts.observed, endpoint.parts.counted) == (["refused"], [])


@pytest.mark.parametrize(
    ("environ", "is_accepted"),
    [
        ({"HTTP_X_ZID": ZONE.guid}, True),
        ({"HTTP_X_ZID": MOVED.guid}, True),
        ({"HTTP_X_ZID": "0a1b2c3d-0000-4000-8000-000000000008"}, False),
        ({"HTTP_HOST": "zone-7.uaa.example.org"}, True),
        ({"HTTP_HOST": "zone-9.uaa.example.org"}, True),
        ({"HTTP_HOST": "zone-8.uaa.example.org"}, False),
    ],
)
def test_after_a_split_a_client_may_name_its_former_zone(
    environ: dict[str, Any], *, is_accepted: bool
) -> None:
    """D-53: bindings from before the split contain its host name and GUID."""
    authentication = Endpoint(public_url="https://{zone}.uaa.example.org").authentication
    client = an_oauth_client(zone=MOVED)
    if is_accepted:
        authentication.require_own_zone(environ, client)
    else:
        with pytest.raises(AuthenticationFailed):
            authentication.require_own_zone(environ, client)


def test_requests_of_a_batch_are_looked_up_together() -> None:
    endpoint = Endpoint()
    read = endpoint.authentication.read
    broken = {"HTTP_AUTHORIZATION": "Basic !"}
    attempts = [read(HERE, FORM), read(HERE, WRONG), read({**HERE, **broken}, {})]
    looked_up = endpoint.authentication.look_up(attempts)
    assert list(looked_up) == [(CLIENT, SECRET), (CLIENT, "wrong"), NO_CREDENTIALS]
    assert SECRET not in repr(attempts[0])
