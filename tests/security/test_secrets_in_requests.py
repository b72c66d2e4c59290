"""A secret in a path, a query or a correlation id does not reach the log (D-26)."""

from __future__ import annotations

import base64
import http.client
import json
import secrets
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
import requests

from broker.credentials.binding_secret import BindingSecret
from broker.credentials.instance_secret import InstanceSecret
from broker.ids import is_canonical_guid
from tests.support.platform import a_guid
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADERS = ("X-Correlation-ID", "X-CorrelationID", "X-Request-ID", "X-Vcap-Request-Id")
BASIC = "Basic " + base64.b64encode(b"sb-app!t1:" + secrets.token_bytes(20)).decode()
LEAKED = {
    "instance-secret": InstanceSecret().mint().text,
    "binding-secret": BindingSecret().mint(a_guid()).text,
    "basic": BASIC,
    "jwt": ".".join(
        base64.urlsafe_b64encode(part).decode().rstrip("=")
        for part in (b'{"alg":"RS256"}', b'{"sub":"sb-app!t1"}', secrets.token_bytes(256))
    ),
    "base64": base64.b64encode(secrets.token_bytes(32)).decode(),
    "url-safe": secrets.token_urlsafe(24),
    "hex": secrets.token_hex(32),
    "pem": f"-----BEGIN PRIVATE KEY-----{base64.b64encode(secrets.token_bytes(96)).decode()}",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    directory: Path = tmp_path_factory.mktemp("secrets-in-requests")
    with Server(directory, workers=1) as running:
        yield running


def pieces(secret: str) -> set[str]:
    """Return every 16 consecutive characters, without the GUID that begins a binding secret."""
    secret = secret.rpartition("$")[2]
    return {secret[at : at + 16] for at in range(len(secret) - 15)}


def new_log(server: Server, start: int) -> str:
    return server.log_file.read_text()[start:]


@pytest.mark.parametrize("kind", LEAKED)
def test_secrets_in_paths_queries_and_ids_are_masked(server: Server, kind: str) -> None:
    secret, start = LEAKED[kind], len(server.log_file.read_text())
    escaped = quote(secret, safe="")
    basic = (server.user, server.password)
    version = {"X-Broker-API-Version": "2.17"}
    for url in (server.url, server.tls_url):
        with requests.Session() as session:
            # Otherwise requests prefers the CAs of its environment.
            session.trust_env = False
            session.verify = str(server.ca_file)
            session.get(f"{url}/{escaped}", timeout=30)
            session.get(f"{url}/{quote(escaped, safe='')}", timeout=30)
            session.get(f"{url}/token_keys?client_secret={escaped}", timeout=30)
            session.get(f"{url}/token_keys%3Fclient_secret={escaped}", timeout=30)
            path = f"{url}/v2/service_instances/{escaped}/last_operation?service_id={escaped}"
            session.get(path, timeout=30)
            session.get(path, auth=basic, headers=version, timeout=30)
            for header in HEADERS:
                answer = session.get(f"{url}/token_keys", headers={header: secret}, timeout=30)
                # The id in the log is a new one, and the response names it.
                sent_back = answer.headers["X-Correlation-ID"]
                assert len(sent_back) == 32
                assert f'"correlation_id":"{sent_back}"' in new_log(server, start)
            token_id = {"X-Correlation-ID": f"retry of {secret}"}
            form = {"grant_type": "client_credentials"}
            session.post(f"{url}/oauth/token", data=form, headers=token_id, timeout=30)
    log = new_log(server, start)
    assert log.count('"event":"request"') == 22
    assert not [piece for piece in pieces(secret) if piece in log]
    assert "***" in log


@pytest.mark.parametrize("listener", ["http", "tls"])
def test_parameters_in_the_query_of_a_token_request_are_not_logged(
    server: Server, listener: str
) -> None:
    """O-21. Short values in lower case, which no form gives away as secrets."""
    names = ["client_secret", "password", "assertion", "refresh_token", "client_assertion"]
    names += ["code", "token", "passcode"]
    base = {"http": server.url, "tls": server.tls_url}[listener]
    start = len(server.log_file.read_text())
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(server.ca_file)
        for name in names:
            escaped = f"%{ord(name[0]):02x}{name[1:]}"
            for sent in (name, escaped, escaped.replace("%", "%25")):
                for mark in "?", "%3F", ";":
                    url = f"{base}/oauth/token{mark}grant_type=password&{sent}=hushhush"
                    for method in "POST", "GET":
                        refused = session.request(method, url, timeout=30)
                        assert refused.status_code in {404, 405, 406}
    log = new_log(server, start)
    assert log.count('"event":"request"') == len(names) * 18
    assert "hushhush" not in log


def test_a_secret_as_method_is_masked(server: Server) -> None:
    start, method = len(server.log_file.read_text()), secrets.token_hex(24)
    connection = http.client.HTTPConnection("localhost", server.port, timeout=30)
    connection.request(method, "/token_keys")
    assert connection.getresponse().status >= 400
    connection.close()
    assert method[:16] not in new_log(server, start)


def test_usual_ids_come_back_unchanged(server: Server) -> None:
    usual = {
        a_guid(),
        f"{a_guid()}::{a_guid()}",
        secrets.token_hex(16),
        "c-17",
        "Root=1-5759e988-bd862e3fe1be46a994272793",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }
    for sent in usual:
        answer = requests.get(
            f"{server.url}/token_keys", headers={"X-Vcap-Request-Id": sent}, timeout=30
        )
        assert answer.headers["X-Correlation-ID"] == sent
        assert f'"correlation_id":"{sent}"' in server.log()


def test_long_ids_and_paths_are_cut(server: Server) -> None:
    start = len(server.log_file.read_text())
    sent = "step " * 1000
    answer = requests.get(
        f"{server.url}/{'path ' * 500}", headers={"X-Correlation-ID": sent}, timeout=30
    )
    assert answer.headers["X-Correlation-ID"].strip() == sent[:128].strip()
    [line] = [json.loads(line) for line in new_log(server, start).splitlines()]
    assert len(line["correlation_id"]) <= 128
    assert len(line["path"]) <= 129


def test_ids_in_paths_stay_readable(server: Server) -> None:
    instance = a_guid()
    assert is_canonical_guid(instance)
    path = f"/v2/service_instances/{instance}/service_bindings/{instance}"
    requests.get(f"{server.url}{path}", timeout=30)
    assert f'"path":"{path}"' in server.log()
