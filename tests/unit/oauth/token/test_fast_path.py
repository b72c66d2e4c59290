"""The fast path and the framework return the same responses."""

from __future__ import annotations

import base64
import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from broker.composition.administration import prepare_store, upgrade_store
from broker.composition.app import create_app
from broker.errors import GrantRefused
from broker.oauth.form import FORM, form_parameters
from broker.oauth.token.fast_path import TokenFastPath, _plain_form
from broker.settings.environment import load_settings
from tests.support.domain import OPERATOR
from tests.support.platform import a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.application import Credentials

    Environ = dict[str, Any]

PASSWORD = "password-of-this-test"
USUAL = {"grant_type": "client_credentials"}
Answer = tuple[str, dict[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole application, on SQLite."""
    directory: Path = tmp_path_factory.mktemp("token-path")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XSUAA_MODE", "dev")
        patch.setenv("XSUAA_STATE_DIR", str(directory))
        patch.setenv("XSUAA_TLS_PORT", "0")
        patch.setenv("XSUAA_BROKER_PASSWORD", PASSWORD)
        patch.setenv("XSUAA_FAILURE_LIMIT", "0")
        patch.setenv("XSUAA_PUBLIC_URL", "https://{zone}.uaa.example.org")
        settings = load_settings()
    upgrade_store(settings, OPERATOR)
    prepare_store(settings)
    return create_app(settings)


@pytest.fixture(scope="module")
def credentials(app: Flask) -> Credentials:
    """Credentials of one binding."""
    client = app.test_client()
    basic = base64.b64encode(f"broker:{PASSWORD}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "X-Broker-API-Version": "2.17"}
    [service] = json.loads(client.get("/v2/catalog", headers=headers).data)["services"]
    ids = {"service_id": service["id"], "plan_id": service["plans"][0]["id"]}
    instance = f"/v2/service_instances/{a_guid()}"
    parameters = a_descriptor(oauth2_configuration=credential_types("binding-secret"))
    organization = {"organization_guid": a_guid(), "space_guid": a_guid()}
    body = {**ids, **organization, "parameters": parameters}
    assert client.put(instance, json=body, headers=headers).status_code == 201
    bound = client.put(f"{instance}/service_bindings/{a_guid()}", json=ids, headers=headers)
    assert bound.status_code == 201, bound.text
    found: Credentials = json.loads(bound.data)["credentials"]
    return found


def request(body: bytes | dict[str, str], **headers: str) -> Environ:
    """Return the WSGI environment of a token request, with further variables."""
    data = body if isinstance(body, bytes) else urlencode(body).encode()
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/oauth/token",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:8080",
        "CONTENT_TYPE": FORM,
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(data),
        **headers,
    }


def answer(application: Any, environ: Environ) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        started.append((status, headers))

    body = b"".join(application(environ, start_response))
    [(status, headers)] = started
    found = dict(headers)
    assert len(found) == len(headers)
    assert int(found.pop("Content-Length")) == len(body)
    assert found.pop("X-Correlation-ID")
    content = json.loads(body)
    for changing in ("access_token", "jti"):
        if changing in content:
            content[changing] = ""
    # Only the status code is specified; servers may choose the reason phrase.
    return status[:3], found, content


def forbidden(*_: object) -> Any:
    raise AssertionError("the whole application was asked")


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


def requests_of(credentials: Credentials) -> dict[str, tuple[str, Environ]]:
    """Plain requests with their expected status."""
    client_id, secret = credentials["clientid"], credentials["clientsecret"]
    pair = {"client_id": client_id, "client_secret": secret}
    encoded = basic(quote(client_id), quote(secret))
    return {
        "secret in the body": ("200", request(USUAL | pair)),
        "basic": ("200", request(USUAL, HTTP_AUTHORIZATION=basic(client_id, secret))),
        "form-encoded basic": ("200", request(USUAL, HTTP_AUTHORIZATION=encoded)),
        "basic and id": (
            "200",
            request(USUAL | {"client_id": client_id}, HTTP_AUTHORIZATION=basic(client_id, secret)),
        ),
        "with a charset": (
            "200",
            request(USUAL | pair, CONTENT_TYPE=f"{FORM}; charset=UTF-8"),
        ),
        "in XSUAA's words": (
            "200",
            request(USUAL | pair | {"response_type": "token", "token_format": "jwt"}),
        ),
        "scope it holds": ("200", request(USUAL | pair | {"scope": "uaa.resource"})),
        "scope it does not hold": ("400", request(USUAL | pair | {"scope": "other!t9.Read"})),
        "attributes": (
            "200",
            request(USUAL | pair | {"authorities": '{"az_attr":{"a":"b"}}'}),
        ),
        "opaque": ("400", request(USUAL | pair | {"token_format": "opaque"})),
        "empty parameters": ("200", request(USUAL | pair | {"scope": "", "x": ""})),
        "wrong secret": ("401", request(USUAL | pair | {"client_secret": "x"})),
        "unknown client": ("401", request(USUAL | pair | {"client_id": "sb-x!t1"})),
        "nothing presented": ("401", request(USUAL)),
        "two secrets": (
            "400",
            request(USUAL | {"client_secret": "x"}, HTTP_AUTHORIZATION=basic(client_id, secret)),
        ),
        "another zone": ("401", request(USUAL | pair, HTTP_X_ZID=a_guid())),
        "another zone's host": (
            "401",
            request(USUAL | pair, HTTP_HOST="else.uaa.example.org"),
        ),
        "NUL": ("401", request(USUAL | pair | {"client_secret": "\0"})),
    }


def introspections_of(credentials: Credentials, token: str) -> dict[str, tuple[str, Environ]]:
    """Introspections with their expected status."""
    client_id, secret = credentials["clientid"], credentials["clientsecret"]
    pair = {"client_id": client_id, "client_secret": secret}

    def about(body: dict[str, str], **headers: str) -> Environ:
        return request(body, PATH_INFO="/introspect", **headers)

    return {
        "active": (
            "200",
            about({"token": token}, HTTP_AUTHORIZATION=basic(client_id, secret)),
        ),
        "secret in the body": ("200", about({"token": token} | pair)),
        "with a hint": ("200", about({"token": token, "token_type_hint": "x"} | pair)),
        "altered": ("200", about({"token": f"{token[:-4]}AAAA"} | pair)),
        "no token at all": ("200", about({"token": "x"} | pair)),
        "wrong secret": ("401", about({"token": token} | pair | {"client_secret": "x"})),
        "nothing presented": ("401", about({"token": token})),
        "another zone": ("401", about({"token": token} | pair, HTTP_X_ZID=a_guid())),
    }


def test_introspections_get_the_same_response_without_the_framework(
    app: Flask, credentials: Credentials
) -> None:
    path: Any = app.wsgi_app
    short = TokenFastPath(forbidden, path.batch, path._security)
    issued: list[bytes] = []
    form = USUAL | {
        "client_id": credentials["clientid"],
        "client_secret": credentials["clientsecret"],
    }
    path.try_enqueue(request(form), lambda *response: issued.append(response[2]))
    path.batch.serve_waiting()
    token = json.loads(issued[0])["access_token"]
    again, later = (introspections_of(credentials, token) for _ in range(2))
    for name, (status, environ) in introspections_of(credentials, token).items():
        got = answer(short, environ)
        assert got[0] == status, (name, got)
        is_active = name in {"active", "secret in the body", "with a hint"}
        assert got[2].get("active", False) is is_active, (name, got)
        assert got == answer(path._application, again[name][1]), name
        assert got == answer(answering_later(short), later[name][1]), name


def test_plain_requests_get_the_same_response_without_the_framework(
    app: Flask, credentials: Credentials
) -> None:
    path: Any = app.wsgi_app
    assert isinstance(path, TokenFastPath)
    short = TokenFastPath(forbidden, path.batch, path._security)
    again, later = requests_of(credentials), requests_of(credentials)
    for name, (status, environ) in requests_of(credentials).items():
        got = answer(short, environ)
        assert got[0] == status, (name, got)
        assert got == answer(path._application, again[name][1]), name
        assert got == answer(answering_later(short), later[name][1]), name


IN_QUERY = [
    ("grant_type=client_credentials", {}, "406"),
    ("grant_type=client_credentials&client_id=a&client_secret=b", {}, "406"),
    ("grant%5Ftype=password", {"scope": "uaa.resource"}, "406"),
    ("grant_type=", {}, "400"),
    ("x=1", {}, "400"),
    ("grant_type=password&scope=other", USUAL, "200"),
    ("client_secret=b", USUAL, "200"),
]


@pytest.mark.parametrize(("query", "form", "status"), IN_QUERY)
def test_parameters_in_the_query_have_the_same_response_on_both_paths(
    app: Flask, credentials: Credentials, query: str, form: dict[str, str], status: str
) -> None:
    """O-21."""
    path: Any = app.wsgi_app
    known = {"HTTP_AUTHORIZATION": basic(credentials["clientid"], credentials["clientsecret"])}
    got = answer(path, request(form, QUERY_STRING=query, **known))
    assert got == answer(path._application, request(form, QUERY_STRING=query, **known))
    assert got[0] == status, got
    if status == "406":
        assert got[2] == {
            "error": "query_string_not_allowed",
            "error_description": "Parameters must be passed in the body of the request",
        }


def answering_later(path: TokenFastPath) -> Any:
    """Return a WSGI application that responds as a server with deferred responses does."""

    def application(environ: Environ, start_response: Any) -> list[bytes]:
        responses: list[tuple[int, list[tuple[str, str]], bytes]] = []
        assert path.try_enqueue(environ, lambda *response: responses.append(response))
        path.batch.serve_waiting()
        [(status, headers, body)] = responses
        start_response(f"{status:d} {status}", headers)
        return [body]

    return application


def test_an_unsendable_response_is_logged_and_affects_no_other(
    app: Flask, credentials: Credentials, capfd: pytest.CaptureFixture[str]
) -> None:
    path: Any = app.wsgi_app
    usual = requests_of(credentials)["secret in the body"][1]
    assert path.try_enqueue(usual, forbidden)
    path.batch.serve_waiting()
    assert "AssertionError" in capfd.readouterr().out
    again = requests_of(credentials)["secret in the body"][1]
    assert answer(answering_later(path), again)[0] == "200"


UNUSUAL: dict[str, Environ] = {
    "another grant (D-50)": {"wsgi.input": io.BytesIO(b"grant_type=password")},
    "no grant": {"wsgi.input": io.BytesIO(b"scope=uaa.resource")},
    "no body": {"wsgi.input": io.BytesIO(b"")},
    "another path": {"PATH_INFO": "/oauth/token/"},
    "an introspection without token": {"PATH_INFO": "/introspect"},
    "an introspection by a token": {
        "PATH_INFO": "/introspect",
        "wsgi.input": io.BytesIO(b"token=x"),
        "HTTP_AUTHORIZATION": "bearer x",
    },
    "another method": {"REQUEST_METHOD": "GET"},
    "mounted elsewhere": {"SCRIPT_NAME": "/uaa"},
    "another content type": {"CONTENT_TYPE": "application/json"},
    "a content type with parameters": {"CONTENT_TYPE": f"{FORM}; x=y"},
    "chunks": {"HTTP_TRANSFER_ENCODING": "chunked"},
    "no length": {"CONTENT_LENGTH": ""},
    "a long body": {"CONTENT_LENGTH": "10000"},
    "no number": {"CONTENT_LENGTH": "-1"},
    "less than was announced": {"CONTENT_LENGTH": "9999"},
    "a repeated parameter": {"wsgi.input": io.BytesIO(b"a=b&a=c"), "CONTENT_LENGTH": "7"},
    "no ASCII": {"wsgi.input": io.BytesIO(b"a=\xe4"), "CONTENT_LENGTH": "3"},
    "no UTF-8": {"wsgi.input": io.BytesIO(b"a=%E4"), "CONTENT_LENGTH": "5"},
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_other_requests_are_passed_to_the_framework_with_their_body(app: Flask, name: str) -> None:
    environ = request(b"grant_type=client_credentials") | UNUSUAL[name]
    body = environ["wsgi.input"].getvalue()
    if "CONTENT_LENGTH" not in UNUSUAL[name]:
        environ["CONTENT_LENGTH"] = str(len(body))
    read: list[bytes] = []

    def whole(environ: Environ, _: object) -> list[bytes]:
        read.append(environ["wsgi.input"].read())
        return []

    path: Any = app.wsgi_app
    intact = TokenFastPath(whole, path.batch, path._security)
    assert not intact.try_enqueue(environ, forbidden)
    intact(environ, None)
    assert read == [body]


PART = st.text(st.sampled_from("ab&=+%21é\0;"), max_size=5)


@given(st.lists(PART, max_size=6).map("&".join) | st.text(max_size=12).map(quote))
@example("a=b&&c=d")
@example("a=%C3%A9&=x")
def test_forms_are_read_as_the_framework_reads_them(text: str) -> None:
    body = text.encode()
    found = _plain_form(body)
    if found is None:
        return
    reader = Flask(__name__)
    with reader.test_request_context(method="POST", data=body, content_type=FORM):
        try:
            assert found == form_parameters()
        except GrantRefused:
            pytest.fail("a parameter is repeated")
