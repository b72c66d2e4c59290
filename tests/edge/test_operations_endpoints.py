"""Probes, correlation ids and log lines."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import requests

from tests.support.application import fetch_token
from tests.support.platform import a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient
    from tests.support.server import Server


def test_probes_on_both_listeners(server: Server, database: str) -> None:
    """O-120."""
    checks = ["database", "keys", "migrations", *(["revocations"] if database == "sqlite" else [])]
    for url in (server.url, server.tls_url):
        alive = requests.get(f"{url}/healthz", verify=str(server.ca_file), timeout=30)
        assert (alive.status_code, alive.text) == (200, "ok\n")
        ready = requests.get(f"{url}/readyz", verify=str(server.ca_file), timeout=30)
        assert ready.status_code == 200
        assert ready.json() == dict.fromkeys(checks, "ok")


def test_correlation_ids_come_back_and_are_logged(server: Server) -> None:
    """O-28, D-26."""
    sent = f"correlation-{a_guid()}"
    for header in ("X-Correlation-ID", "X-CorrelationID", "X-Vcap-Request-Id"):
        response = requests.get(f"{server.url}/token_keys", headers={header: sent}, timeout=30)
        assert response.headers["X-Correlation-ID"] == sent
    assert server.log().count(f'"correlation_id":"{sent}"') == 3
    made_up = requests.get(f"{server.url}/token_keys", timeout=30)
    assert made_up.headers["X-Correlation-ID"]


def test_no_secret_and_no_token_is_logged(server: Server, platform: PlatformClient) -> None:
    """OSB-AUTH-06, O-131: not even in errors."""
    instance = a_guid()
    configuration = credential_types("binding-secret", "instance-secret")
    platform.provision(instance, a_descriptor(oauth2_configuration=configuration))
    first = platform.bind(instance, a_guid()).json()["credentials"]
    wish = {"credential-type": "instance-secret"}
    second = platform.bind(instance, a_guid(), wish).json()["credentials"]
    tokens = [fetch_token(credentials).json()["access_token"] for credentials in (first, second)]
    fetch_token({**first, "clientid": "sb-nobody!t1"})
    fetch_token(first, scope="foreign")
    fetch_token({**first, "clientid": first["clientsecret"]})
    # In mode dev the banner shows the generated password; everything else is a log line.
    log = "".join(line for line in server.log().splitlines() if line.startswith("{"))
    for secret in (*tokens, first["clientsecret"], second["clientsecret"], server.password):
        assert secret not in log
    pair = f"{second['clientid']}:{second['clientsecret']}".encode()
    assert base64.b64encode(pair).decode() not in log


def test_the_start_warns_of_the_port_in_the_local_domain(server: Server) -> None:
    warning = f"XSUAA_DOMAIN localhost:{server.tls_port} has a port: "
    lines = [line for line in server.log().splitlines() if warning in line]
    assert {json.loads(line)["level"] for line in lines} == {"warning"}


def test_log_lines_are_json_and_one_line_each(server: Server) -> None:
    """No client input forges a line (D-26)."""
    forged = "x\r\n" + json.dumps({"event": "forged"}) + "\x1b[31m"
    fetch_token({"url": server.url, "clientid": forged, "clientsecret": "x"}, in_body=True)
    lines = [line for line in server.log().splitlines() if line.startswith("{")]
    events = [json.loads(line) for line in lines]
    assert "forged" not in {event["event"] for event in events}
    assert "\x1b" not in server.log()
    failed = [event for event in events if event.get("refused") and event.get("status") == 401]
    assert {event["event"] for event in failed} == {"request"}
    assert {event["level"] for event in failed} == {"warning"}
    assert {event["client_id"] for event in failed if "client_id" in event} >= {"not a client id"}
