"""``/introspect``, ``/check_token`` and revocation (RFC 7662, RFC 7009, O-100 to O-106)."""

from __future__ import annotations

import base64
import json
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.clients.service_instance import ServiceInstance, displaying_application
from tests.clients.tampering import with_another_signature, with_claims, with_header
from tests.support.application import claims_of, fetch_token
from tests.support.mutual_tls import connect, fetch_with_certificate
from tests.support.platform import a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server

FORM = "application/x-www-form-urlencoded"
INACTIVE = (200, {"active": False})


@pytest.fixture
def instance(platform: PlatformClient) -> ServiceInstance:
    return displaying_application(platform)


@pytest.fixture
def credentials(instance: ServiceInstance) -> Credentials:
    return instance.create_key("binding-secret").credentials


def token_of(credentials: Credentials, scope: str = "") -> str:
    token: str = fetch_token(credentials, scope=scope).json()["access_token"]
    return token


def pair(credentials: Credentials) -> tuple[str, str]:
    return credentials["clientid"], credentials["clientsecret"]


def ask(
    credentials: Credentials, path: str, token: str | None, bearer: str = "", **form: str
) -> tuple[int, Any]:
    response = requests.post(
        f"{credentials['url']}{path}",
        data=form if token is None else {"token": token, **form},
        auth=None if bearer else pair(credentials),
        headers={"Authorization": f"Bearer {bearer}"} if bearer else {},
        timeout=30,
    )
    assert response.headers["Cache-Control"] == "no-store"
    return response.status_code, response.json() if response.content else None


def introspect(credentials: Credentials, token: str) -> tuple[int, Any]:
    return ask(credentials, "/introspect", token)


def is_active(credentials: Credentials, token: str) -> bool:
    status, body = introspect(credentials, token)
    assert status == 200
    active: bool = body["active"]
    return active


def test_an_active_token(credentials: Credentials) -> None:
    """RFC 7662 section 2.2: the claims, the scopes as one string."""
    response = fetch_token(credentials)
    claims = claims_of(response)
    status, body = introspect(credentials, response.json()["access_token"])
    assert status == 200
    assert body == {
        **claims,
        "active": True,
        "scope": " ".join(claims["scope"]),
        "token_type": "bearer",
    }


def test_check_token_returns_the_claims(credentials: Credentials) -> None:
    """O-100."""
    response = fetch_token(credentials)
    token = response.json()["access_token"]
    assert ask(credentials, "/check_token", token) == (200, claims_of(response))
    held = f"{credentials['xsappname']}.Display,uaa.resource"
    assert ask(credentials, "/check_token", token, scopes=held)[0] == 200
    assert ask(credentials, "/check_token", token, scopes=f"{held},a,b") == (
        400,
        {"error": "invalid_scope", "error_description": "Some requested scopes are missing: a,b"},
    )
    assert ask(credentials, "/check_token", with_another_signature(token)) == (
        400,
        {"error": "invalid_token", "error_description": "Token was not recognised"},
    )


@pytest.mark.parametrize("path", ["/introspect", "/check_token", "/oauth/revoke"])
def test_the_token_is_mandatory(credentials: Credentials, path: str) -> None:
    missing = {"error": "invalid_request", "error_description": "Token parameter must be set"}
    assert ask(credentials, path, None) == (400, missing)
    assert ask(credentials, path, "") == (400, missing)


@pytest.mark.parametrize("path", ["/introspect", "/check_token", "/oauth/revoke"])
def test_callers_must_authenticate(credentials: Credentials, path: str) -> None:
    token = token_of(credentials)
    wrong = {**credentials, "clientsecret": "wrong"}
    status, body = ask(wrong, path, token)
    assert (status, body["error"]) == (401, "invalid_client")
    anonymous = requests.post(f"{credentials['url']}{path}", data={"token": token}, timeout=30)
    assert anonymous.status_code == 401
    tampered = requests.post(
        f"{credentials['url']}{path}",
        data={"token": token},
        headers={"Authorization": f"Bearer {with_another_signature(token)}"},
        timeout=30,
    )
    assert tampered.status_code == 401
    assert tampered.headers["WWW-Authenticate"] == (
        'Bearer realm="UAA/oauth", error="invalid_token",'
        ' error_description="Token was not recognised"'
    )
    assert is_active(credentials, token)
    for method in ("GET", "PUT"):
        refused = requests.request(method, f"{credentials['url']}{path}", timeout=30)
        assert refused.status_code == 405


def test_a_caller_may_present_its_token_instead(credentials: Credentials) -> None:
    """O-101, O-49: a token without ``uaa.resource`` is not enough."""
    token = token_of(credentials)
    assert ask(credentials, "/introspect", token, bearer=token)[1]["active"] is True
    narrow = token_of(credentials, scope=f"{credentials['xsappname']}.Display")
    for path in ("/introspect", "/check_token"):
        assert ask(credentials, path, token, bearer=narrow) == (
            403,
            {"error": "access_denied", "error_description": "Access is denied"},
        )


def test_a_token_is_inactive_for_clients_outside_its_audience(
    credentials: Credentials, platform: PlatformClient
) -> None:
    """Inactive for callers outside its audience, also of the same zone."""
    token = token_of(credentials)
    other = displaying_application(platform).create_key().credentials
    assert introspect(other, token) == INACTIVE
    assert ask(other, "/check_token", token)[0] == 400
    assert is_active(credentials, token)


def test_a_token_of_another_tenant_is_inactive(
    credentials: Credentials, platform: PlatformClient
) -> None:
    organization = a_guid()
    context = {"platform": "cloudfoundry", "organization_guid": organization}
    instance = a_guid()
    platform.provision(
        instance,
        a_descriptor(xsappname=credentials["xsappname"].partition("!")[0]),
        organization_guid=organization,
        context=context,
    )
    twin = platform.bind(instance, a_guid()).json()["credentials"]
    assert introspect(twin, token_of(credentials)) == INACTIVE
    assert introspect(credentials, token_of(twin)) == INACTIVE


def forgeries(token: str, server: Server) -> dict[str, str]:
    """Return tokens that were never issued, each with the claims of one that was."""
    claims = jwt.decode(token, options={"verify_signature": False})
    header = jwt.get_unverified_header(token)
    [key] = [
        key
        for key in requests.get(f"{server.url}/token_keys", timeout=30).json()["keys"]
        if key["kid"] == header["kid"]
    ]
    own = rsa.generate_private_key(65_537, 2048)
    named = {"kid": header["kid"], "jku": header["jku"]}
    own_jwk = jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key(), as_dict=True)
    pem = own.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return {
        "no signature": jwt.encode(claims, "", algorithm="none", headers=named),
        "the public key as secret": hs256(claims, key["value"], named),
        "the modulus as secret": hs256(claims, key["n"], named),
        "another key under our name": jwt.encode(claims, pem, algorithm="RS256", headers=named),
        "foreign kid and jku": jwt.encode(
            claims,
            pem,
            algorithm="RS256",
            headers={"kid": "mine", "jku": "https://evil.example.org/token_keys"},
        ),
        "its own key in the header": jwt.encode(
            claims, pem, algorithm="RS256", headers={**named, "jwk": own_jwk}
        ),
        "no kid": jwt.encode(claims, pem, algorithm="RS256"),
        "RS512": jwt.encode(claims, pem, algorithm="RS512", headers=named),
        "later end": with_claims(token, exp=int(time.time()) + 10**6),
        "another scope": with_claims(token, scope=["uaa.admin"]),
        "header alg none": with_header(token, alg="none"),
        "kid is a list": with_header(token, kid=[header["kid"]]),
        "crit": with_header(token, crit=["exp"]),
        "no signature part": token.rpartition(".")[0] + ".",
        "two parts": token.rpartition(".")[0],
        "four parts": f"{token}.x",
        "not base64": "a.b.c",
        "nested without end": f"{b64(b'[' * 100_000)}.{b64(b'{}')}.x",
        "text": "token",
        "NUL": "\x00.\x00.\x00",
        "not ASCII": "ü.ü.ü",
        "only dots": "..",
        "long": "x" * 100_000,
    }


def hs256(claims: dict[str, Any], secret: str, header: dict[str, str]) -> str:
    """Sign by hand: the library refuses to use a public key as a secret."""
    import hmac  # noqa: PLC0415

    content = ".".join(
        b64(json.dumps(part).encode())
        for part in ({"alg": "HS256", "typ": "JWT", **header}, claims)
    )
    return f"{content}.{b64(hmac.digest(secret.encode(), content.encode(), 'sha256'))}"


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_only_our_own_signature_is_accepted(credentials: Credentials, server: Server) -> None:
    token = token_of(credentials)
    for name, forged in forgeries(token, server).items():
        assert introspect(credentials, forged) == INACTIVE, name
        status, body = ask(credentials, "/check_token", forged)
        assert (status, body["error"]) == (400, "invalid_token"), name
        assert ask(credentials, "/oauth/revoke", forged) == (200, None), name
        bearer = forged.isascii() and forged.isprintable() and len(forged) < 10_000
        if bearer:
            assert ask(credentials, "/introspect", token, bearer=forged)[0] == 401, name
    assert is_active(credentials, token)


def test_unbinding_one_of_many_ends_only_its_tokens(instance: ServiceInstance) -> None:
    """D-32: after deleting 1 of 30 keys, only its tokens are inactive."""
    keys = [instance.create_key("binding-secret") for _ in range(30)]
    shared = instance.create_key("instance-secret").credentials
    tokens = [token_of(key.credentials) for key in keys]
    shared_token = token_of(shared)
    instance.delete_key(keys[7])
    active = [is_active(shared, token) for token in tokens]
    assert active == [number != 7 for number in range(30)]
    assert is_active(shared, shared_token)
    # Nor does it authenticate a caller any more.
    assert ask(shared, "/introspect", tokens[0], bearer=tokens[7])[0] == 401


def test_clients_with_certificates_ask_and_are_asked_about(
    platform: PlatformClient, server: Server
) -> None:
    """Their tokens end with their binding; a certificate authenticates like a secret."""
    instance = a_guid()
    types = credential_types("x509", "binding-secret")
    platform.provision(instance, a_descriptor(oauth2_configuration=types))
    bindings = [a_guid(), a_guid()]
    gone, kept = (platform.bind(instance, each).json()["credentials"] for each in bindings)
    wish = {"credential-type": "binding-secret"}
    by_secret = platform.bind(instance, a_guid(), wish).json()["credentials"]
    tokens = [fetch_with_certificate(each, server.ca_file).token for each in (gone, kept)]
    assert [is_active(by_secret, token) for token in tokens] == [True, True]
    platform.unbind(instance, bindings[0])
    assert [is_active(by_secret, token) for token in tokens] == [False, True]
    with closing(connect(kept, server.ca_file)) as connection:
        form = urlencode({"client_id": kept["clientid"], "token": tokens[1]})
        connection.request("POST", "/introspect", form, {"Content-Type": FORM})
        introspected = json.loads(connection.getresponse().read())
        assert introspected["active"] is True
        assert set(introspected["cnf"]) == {"x5t#S256"}
        # As a bearer token it is valid with its certificate only (RFC 8705 section 3).
        headers = {"Content-Type": FORM, "Authorization": f"Bearer {tokens[1]}"}
        connection.request("POST", "/introspect", urlencode({"token": tokens[1]}), headers)
        assert json.loads(connection.getresponse().read())["active"] is True
    assert ask(by_secret, "/introspect", tokens[1], bearer=tokens[1])[0] == 401
    another = platform.bind(instance, a_guid()).json()["credentials"]
    with closing(connect(another, server.ca_file)) as connection:
        connection.request("POST", "/introspect", urlencode({"token": tokens[1]}), headers)
        assert connection.getresponse().status == 401


def test_tokens_of_a_de_listed_type_are_inactive(platform: PlatformClient) -> None:
    instance, descriptor = a_guid(), a_descriptor()
    both = {"oauth2-configuration": credential_types("binding-secret", "instance-secret")}
    platform.provision(instance, descriptor | both)
    new = platform.bind(instance, a_guid()).json()["credentials"]
    wish = {"credential-type": "instance-secret"}
    old = platform.bind(instance, a_guid(), wish).json()["credentials"]
    old_token, new_token = token_of(old), token_of(new)
    only = {"oauth2-configuration": credential_types("binding-secret")}
    platform.update(instance, descriptor | only)
    assert introspect(new, old_token) == INACTIVE
    assert is_active(new, new_token)
    platform.update(instance, descriptor | both)
    assert is_active(new, old_token)


def test_tokens_of_a_deleted_instance_are_inactive(
    credentials: Credentials, platform: PlatformClient
) -> None:
    """A new instance of the same name inherits none of them."""
    gone, name = a_guid(), f"again-{a_guid()}"
    platform.provision(gone, a_descriptor(xsappname=name))
    token = token_of(platform.bind(gone, a_guid()).json()["credentials"])
    platform.deprovision(gone)
    again = a_guid()
    platform.provision(again, a_descriptor(xsappname=name))
    successor = platform.bind(again, a_guid()).json()["credentials"]
    assert introspect(successor, token) == INACTIVE
    assert introspect(credentials, token) == INACTIVE


def test_a_client_revokes_one_of_its_tokens(credentials: Credentials) -> None:
    """RFC 7009: known, unknown and expired tokens alike are 200."""
    revoked, kept = token_of(credentials), token_of(credentials)
    for hint in ("access_token", "refresh_token", "nonsense"):
        form = {"token_type_hint": hint}
        assert ask(credentials, "/oauth/revoke", revoked, **form) == (200, None)
    assert introspect(credentials, revoked) == INACTIVE
    assert is_active(credentials, kept)
    assert ask(credentials, "/oauth/revoke", kept, bearer=kept) == (200, None)
    assert introspect(credentials, kept) == INACTIVE


def test_tokens_of_other_clients_cannot_be_revoked(
    credentials: Credentials, platform: PlatformClient
) -> None:
    other = displaying_application(platform).create_key().credentials
    token = token_of(credentials)
    status, body = ask(other, "/oauth/revoke", token)
    assert (status, body["error"]) == (400, "unauthorized_client")
    for name in (credentials["clientid"], "sb-nobody!t1", "x"):
        assert revoke_all(other, name).status_code == 403
    assert is_active(credentials, token)


def revoke_all(credentials: Credentials, client_id: str, method: str = "GET") -> requests.Response:
    path = f"/oauth/token/revoke/client/{quote(client_id, safe='')}"
    return requests.request(
        method, f"{credentials['url']}{path}", auth=pair(credentials), timeout=30
    )


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_client_revokes_all_its_tokens(platform: PlatformClient, method: str) -> None:
    """O-103: the credentials remain valid."""
    instance = displaying_application(platform, xsappname=f"with/slash-{a_guid()}")
    types = ("binding-secret", "binding-secret", "instance-secret")
    keys = [instance.create_key(name).credentials for name in types]
    before = [token_of(key) for key in keys]
    answered = revoke_all(keys[0], keys[0]["clientid"], method)
    assert (answered.status_code, answered.content) == (200, b"")
    assert [is_active(keys[1], token) for token in before] == [False] * 3
    assert [is_active(keys[1], token_of(key)) for key in keys] == [True] * 3


def test_tokens_never_reach_the_log(credentials: Credentials, server: Server) -> None:
    """O-131."""
    token = token_of(credentials)
    introspect(credentials, token)
    ask(credentials, "/introspect", token, bearer=token)
    ask(credentials, "/oauth/revoke", token)
    assert token not in server.log()
    assert token.rpartition(".")[2] not in server.log()
