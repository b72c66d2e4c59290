"""``/oauth/token`` over HTTP: responses, errors, claims (O-20 to O-61)."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import jwt
import pytest
import requests

from tests.support.application import claims_of, fetch_token, header_of
from tests.support.platform import ORGANIZATION, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.platform import PlatformClient
    from tests.support.server import Server


@pytest.fixture
def credentials(platform: PlatformClient) -> Credentials:
    """A binding secret of an application that has one scope of its own."""
    instance = a_guid()
    descriptor = a_descriptor(
        authorities=["$XSAPPNAME.Display", "$XSAPPNAME(application,other).Read", "uaa.admin"],
        oauth2_configuration={**credential_types("binding-secret"), "token-validity": 900},
    )
    platform.provision(instance, descriptor)
    bound: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return bound


def post(credentials: Credentials, data: Any = None, **options: Any) -> requests.Response:
    return requests.post(f"{credentials['url']}/oauth/token", data=data, timeout=30, **options)


def assert_error(response: requests.Response, status: int, code: str, description: str) -> None:
    assert response.status_code == status
    assert response.json() == {"error": code, "error_description": description}
    assert_not_cached(response)


def assert_not_cached(response: requests.Response) -> None:
    """O-24."""
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"


@pytest.mark.parametrize("in_body", [True, False])
def test_a_token_response(credentials: Credentials, in_body: bool) -> None:  # noqa: FBT001
    """O-23, A20."""
    response = fetch_token(credentials, in_body=in_body)
    assert response.status_code == 200
    assert_not_cached(response)
    body = response.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "scope", "jti"}
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 899
    assert re.fullmatch(r"[0-9a-f]{32}", body["jti"])
    assert body["scope"].split() == [f"{credentials['xsappname']}.Display", "uaa.resource"]


def test_the_claims_of_a_technical_user(credentials: Credentials, server: Server) -> None:
    """D-29, D-32."""
    before = int(time.time())
    response = fetch_token(credentials)
    claims, client = claims_of(response), credentials["clientid"]
    assert header_of(response) == {
        "alg": "RS256",
        "typ": "JWT",
        "kid": claims_kid(server),
        "jku": f"{server.tls_url}/token_keys",
    }
    scopes = [f"{credentials['xsappname']}.Display", "uaa.resource"]
    times = {name: claims.pop(name) for name in ("iat", "exp")}
    assert before - 5 <= times["iat"] <= time.time() - 5 + 1
    assert times["exp"] - times["iat"] == 900 + 5
    credential_id, _, tag = claims.pop("rev_sig").partition(".")
    assert int(credential_id, 16) > 0
    assert re.fullmatch(r"[0-9a-f]{16}", tag)
    assert claims == {
        "jti": response.json()["jti"],
        "ext_attr": {
            "enhancer": "XSUAA",
            "subaccountid": ORGANIZATION,
            "zdn": credentials["identityzone"],
            "serviceinstanceid": credentials["serviceInstanceId"],
        },
        "sub": client,
        "authorities": scopes,
        "scope": scopes,
        "client_id": client,
        "cid": client,
        "azp": client,
        "grant_type": "client_credentials",
        "iss": f"{credentials['url']}/oauth/token",
        "zid": ORGANIZATION,
        "aud": [client, credentials["xsappname"], "uaa"],
    }


def claims_kid(server: Server) -> str:
    [key] = requests.get(f"{server.url}/token_keys", timeout=30).json()["keys"]
    kid: str = key["kid"]
    return kid


def test_published_keys_verify_the_token(credentials: Credentials, server: Server) -> None:
    """O-90: the set, the single key and the payload's own key, over http and https."""
    token = fetch_token(credentials).json()["access_token"]
    options: dict[str, Any] = {"algorithms": ["RS256"], "audience": credentials["clientid"]}
    keys = requests.get(f"{server.tls_url}/token_keys", verify=str(server.ca_file), timeout=30)
    assert keys.headers["Cache-Control"].startswith("public, max-age=")
    [published] = keys.json()["keys"]
    single = requests.get(f"{server.url}/token_key", timeout=30).json()
    assert single == published
    assert published["value"] == credentials["verificationkey"]
    for key in (jwt.PyJWK(published).key, credentials["verificationkey"]):
        assert jwt.decode(token, key, **options)["cid"] == credentials["clientid"]


def test_two_tokens_of_one_second_differ(credentials: Credentials) -> None:
    first, second = (fetch_token(credentials).json() for _ in range(2))
    assert first["jti"] != second["jti"]


def test_discovery_lists_the_supported_features(server: Server) -> None:
    """O-94, O-95."""
    for path in ("", "/oauth/token"):
        url = f"{server.url}{path}/.well-known/openid-configuration"
        document = requests.get(url, timeout=30).json()
        assert document["issuer"] == document["token_endpoint"] == f"{server.url}/oauth/token"
        assert document["jwks_uri"] == f"{server.tls_url}/token_keys"
        assert document["grant_types_supported"] == [
            *("client_credentials", "password", "authorization_code", "refresh_token"),
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ]
        assert document["authorization_endpoint"] == f"{server.url}/oauth/authorize"


def test_scope_narrows_and_never_widens(credentials: Credentials) -> None:
    """O-33, O-60, O-61."""
    own = f"{credentials['xsappname']}.Display"
    narrowed = fetch_token(credentials, scope=own)
    assert narrowed.json()["scope"] == own
    assert claims_of(narrowed)["scope"] == [own]
    assert claims_of(narrowed)["aud"] == [credentials["clientid"], credentials["xsappname"]]
    for foreign in ("xs_user.read", "uaa.admin", f"{credentials['xsappname']}.Other"):
        refused = fetch_token(credentials, scope=f"{own} {foreign}")
        assert_error(refused, 400, "invalid_scope", f"Invalid scope: {foreign}")


def test_every_failed_authentication_has_the_same_response(
    credentials: Credentials, platform: PlatformClient
) -> None:
    """O-07, O-30, O-31, D-17: the response does not reveal the reason."""
    deleted_instance = a_guid()
    platform.provision(deleted_instance, a_descriptor())
    deleted = platform.bind(deleted_instance, a_guid()).json()["credentials"]
    platform.deprovision(deleted_instance)
    grant = {"grant_type": "client_credentials"}
    client, secret = credentials["clientid"], credentials["clientsecret"]
    attempts = [
        fetch_token({**credentials, "clientsecret": "wrong"}),
        fetch_token({**credentials, "clientsecret": secret[:-5] + "aaaa="}),
        fetch_token({**credentials, "clientid": "sb-nobody!t1"}),
        fetch_token({**credentials, "clientid": "x" * 5000}, in_body=True),
        fetch_token({**credentials, "clientid": "a\x00b"}, in_body=True),
        fetch_token(deleted),
        post(credentials, grant),
        post(credentials, {**grant, "client_id": client}),
        post(credentials, {**grant, "client_id": client, "client_secret": ""}),
        post(credentials, grant, headers={"Authorization": "Basic ???"}),
        post(credentials, grant, headers={"Authorization": "Basic " + "A" * 5000}),
        post(credentials, grant, headers={"Authorization": "Bearer x"}),
        post(credentials, grant, headers={"Authorization": basic(b"\xff\xfe:\xff")}),
        post(credentials, {**grant, "client_id": "sb-other!t1"}, auth=(client, secret)),
        post(credentials, b'{"grant_type": "client_credentials"}'),
        post(credentials, b"\xff\xfe\x00"),
        requests.post(
            f"{credentials['url']}/oauth/token?client_id={client}&client_secret={secret}",
            data=grant,
            timeout=30,
        ),
    ]
    for response in attempts:
        assert_error(response, 401, "invalid_client", "Bad credentials")
        assert response.headers["WWW-Authenticate"] == (
            'Basic realm="UAA/client", error="unauthorized", error_description="Bad credentials"'
        )
    varying = {"date", "x-correlation-id"}
    answers = {
        tuple((k, v) for k, v in r.headers.items() if k.lower() not in varying) for r in attempts
    }
    assert len(answers) == 1


def basic(pair: bytes) -> str:
    return "Basic " + base64.b64encode(pair).decode()


def test_clients_may_encode_their_basic_credentials(credentials: Credentials) -> None:
    """O-04, A23."""
    grant = {"grant_type": "client_credentials"}
    encoded = f"{quote_plus(credentials['clientid'])}:{quote_plus(credentials['clientsecret'])}"
    for more in ({}, {"X-CF-ENCODED-CREDENTIALS": "true"}):
        headers = {"Authorization": basic(encoded.encode()), **more}
        assert post(credentials, grant, headers=headers).status_code == 200
    raw = f"{credentials['clientid']}:{credentials['clientsecret']}"
    headers = {"Authorization": basic(raw.encode()), "X-CF-ENCODED-CREDENTIALS": "true"}
    assert post(credentials, grant, headers=headers).status_code == 200


def test_errors_of_an_authenticated_client(credentials: Credentials) -> None:
    """O-20, O-26, O-32, O-34."""
    pair = credentials["clientid"], credentials["clientsecret"]
    missing = post(credentials, {"response_type": "token"}, auth=pair)
    assert_error(missing, 400, "invalid_request", "Missing grant type")
    for grant_type in ("nonsense", "\x00"):
        refused = post(credentials, {"grant_type": grant_type}, auth=pair)
        assert_error(refused, 400, "unsupported_grant_type", "Unsupported grant type")
    twice = [("grant_type", "client_credentials"), ("scope", "a"), ("scope", "b")]
    repeated = post(credentials, twice, auth=pair)
    assert_error(repeated, 400, "invalid_request", "Each parameter may occur only once")
    other_secret = {"grant_type": "client_credentials", "client_secret": "other"}
    both = post(credentials, other_secret, auth=pair)
    assert both.status_code == 400
    assert both.json()["error"] == "invalid_request"


def test_the_descriptor_s_grant_types_are_enforced(platform: PlatformClient) -> None:
    """O-36, and an update changes the next token request."""
    instance = a_guid()
    descriptor = a_descriptor(oauth2_configuration={"grant-types": ["authorization_code"]})
    platform.provision(instance, descriptor)
    bound = platform.bind(instance, a_guid()).json()["credentials"]
    refused = fetch_token(bound)
    assert_error(refused, 401, "invalid_client", "Unauthorized grant type")
    descriptor["oauth2-configuration"] = {"grant-types": ["client_credentials"]}
    platform.update(instance, descriptor)
    assert fetch_token(bound).status_code == 200


def test_additional_parameters_of_libraries_are_ignored(credentials: Credentials) -> None:
    """O-20, O-22."""
    form = {
        "grant_type": "client_credentials",
        "client_id": credentials["clientid"],
        "response_type": "token",
        "scope": "",
        "app_tid": "",
        "unknown": "x",
    }
    pair = credentials["clientid"], credentials["clientsecret"]
    content_type = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    assert post(credentials, form, auth=pair, headers=content_type).status_code == 200
    slash = requests.post(
        f"{credentials['url']}/oauth/token/",
        data=form,
        auth=pair,
        timeout=30,
        allow_redirects=False,
    )
    assert slash.status_code == 200


def test_a_client_may_add_attributes_to_its_token(credentials: Credentials) -> None:
    """O-62: anything but an ``az_attr`` object of names and values is ignored."""
    requested = json.dumps({"az_attr": {"plant": 'Wien "1"', "level": 3, "all": True}})
    answered = fetch_token(credentials, authorities=requested)
    assert claims_of(answered)["az_attr"] == {"plant": 'Wien "1"', "level": "3", "all": "true"}
    assert set(claims_of(answered)) - set(claims_of(fetch_token(credentials))) == {"az_attr"}
    for ignored in ("x", "[]", "null", '{"az_attr": {"a": {}}}', '{"az_attr": [1]}'):
        response = fetch_token(credentials, authorities=ignored)
        assert response.status_code == 200
        assert "az_attr" not in claims_of(response)


def test_attributes_replace_no_claim(credentials: Credentials) -> None:
    requested = {"az_attr": {"scope": "uaa.admin"}, "scope": ["uaa.admin"], "zid": "other"}
    claims = claims_of(fetch_token(credentials, authorities=json.dumps(requested)))
    assert "uaa.admin" not in claims["scope"]
    assert claims["zid"] == credentials["zoneid"]


def test_a_token_too_long_for_any_header_is_refused(credentials: Credentials) -> None:
    """P16: the error names the largest claims."""
    at_most = fetch_token(credentials, authorities=json.dumps({"az_attr": {"a": "x" * 10_000}}))
    assert at_most.status_code == 200
    refused = fetch_token(credentials, authorities=json.dumps({"az_attr": {"a": "x" * 12_000}}))
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_request"
    assert "the maximum is 16384; its largest claims are az_attr, " in refused.text


def test_only_jwts_are_issued(credentials: Credentials) -> None:
    """O-63: opaque is refused, any other value means JWT."""
    for tolerated in ("jwt", "JWT", "nonsense"):
        assert fetch_token(credentials, token_format=tolerated).status_code == 200
    refused = fetch_token(credentials, token_format="opaque")
    text = "token_format=opaque is not supported; omit it or send jwt"
    assert_error(refused, 400, "invalid_request", text)


@pytest.mark.parametrize(
    "grant_type",
    [
        *("user_token", "implicit"),
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    ],
)
def test_other_grants_are_not_supported(credentials: Credentials, grant_type: str) -> None:
    """I-123, I-124."""
    refused = fetch_token(credentials, grant_type=grant_type)
    assert_error(refused, 400, "unsupported_grant_type", "Unsupported grant type")


@pytest.mark.parametrize(
    "body",
    [
        {"json": {"grant_type": "client_credentials"}},
        {"data": {"grant_type": "client_credentials"}, "files": {"f": b"x"}},
        {"data": "grant_type=client_credentials", "headers": {"Content-Type": "text/plain"}},
    ],
)
def test_a_body_that_is_no_form_is_refused(credentials: Credentials, body: Any) -> None:
    pair = credentials["clientid"], credentials["clientsecret"]
    refused = requests.post(f"{credentials['url']}/oauth/token", timeout=30, auth=pair, **body)
    text = "The body must be application/x-www-form-urlencoded"
    assert_error(refused, 400, "invalid_request", text)


def test_a_client_never_leaves_its_zone(credentials: Credentials) -> None:
    """D-31."""
    form = {"grant_type": "client_credentials"}
    pair = credentials["clientid"], credentials["clientsecret"]
    own = post(credentials, form, auth=pair, headers={"x-zid": credentials["zoneid"]})
    assert own.status_code == 200
    for foreign in (a_guid(), "garbage"):
        refused = post(credentials, form, auth=pair, headers={"x-zid": foreign})
        assert_error(refused, 401, "invalid_client", "Bad credentials")


def test_other_methods_and_paths_return_json(server: Server) -> None:
    """O-25."""
    refused = requests.get(f"{server.url}/oauth/token", timeout=30)
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]
    assert refused.json()["error"] == "method_not_allowed"
    unknown = requests.get(f"{server.url}/nowhere", timeout=30)
    assert (unknown.status_code, unknown.json()["error"]) == (404, "not_found")
    huge = requests.post(f"{server.url}/oauth/token", data=b"x" * 3_000_000, timeout=30)
    assert huge.status_code == 413


def test_the_host_header_reaches_nothing(credentials: Credentials) -> None:
    """D-09."""
    pair = credentials["clientid"], credentials["clientsecret"]
    evil = {"Host": "evil.example.org", "X-Forwarded-Host": "evil.example.org"}
    form = {"grant_type": "client_credentials"}
    response = post(credentials, form, auth=pair, headers=evil)
    assert "evil" not in str(claims_of(response)) + str(header_of(response)) + response.text
