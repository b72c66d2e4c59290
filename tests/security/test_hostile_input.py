"""Texts that once froze a worker, or meant different things to different parsers."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import requests

from tests.support.platform import PlatformClient, a_descriptor, a_guid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.server import Server

SIZE = 100_000
SHAPES = [(start + part * SIZE)[:SIZE] for start, part in (("$XSSERVICENAME(", " "), ("", "$("))]
JSON = {"Content-Type": "application/json"}


def cpu_seconds(server: Server) -> float:
    """CPU time of the server's processes, of its background tasks too."""
    parent = psutil.Process(server.pid)
    times = [each.cpu_times() for each in (parent, *parent.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


@pytest.fixture(autouse=True)
def _no_unforeseen_error(server: Server) -> Iterator[None]:
    before = server.log().count('"request failed"')
    yield
    assert server.is_up()
    assert server.log().count('"request failed"') == before


def descriptors(text: str) -> list[dict[str, Any]]:
    template = {"name": text, "scope-references": [text], "attribute-references": [text]}
    return [
        {"xsappname": text, "description": text, "tenant-mode": text, text: text},
        a_descriptor(authorities=[text], foreign_scope_references=[text]),
        a_descriptor(scopes=[{"name": text, "granted-apps": [text]}], role_templates=[template]),
        a_descriptor(oauth2_configuration={"redirect-uris": ["https://" + text], text: 1}),
    ]


def test_hostile_strings_cost_no_time(server: Server, platform: PlatformClient) -> None:
    """One descriptor of 4 KB once held the interpreter for 25 seconds."""
    instance = a_guid()
    assert platform.provision(instance, a_descriptor()).status_code == 201
    began, sent = cpu_seconds(server), 0
    for text in SHAPES:
        parameters: list[dict[str, Any]] = [
            {text: text},
            {"credential-type": text},
            {"x509": {"certificate": text}},
        ]
        refused = [platform.provision(a_guid(), document) for document in descriptors(text)]
        refused += [platform.bind(instance, a_guid(), each) for each in parameters]
        refused += [platform.provision(a_guid(), a_descriptor(), context={"namespace": text})]
        assert {each.status_code for each in refused} == {400}
        for name in ("grant_type", "scope", "client_id", "client_secret", "authorities"):
            form = {"grant_type": "client_credentials", name: text}
            answer = requests.post(f"{server.url}/oauth/token", data=form, timeout=30)
            assert answer.status_code in {400, 401}
        sent += len(refused) + 5
    assert cpu_seconds(server) - began < 0.1 * sent


@pytest.mark.parametrize(
    "header",
    ["X-Broker-API-Originating-Identity", "X-Broker-API-Version", "X-Correlation-ID", "X-Zid"],
)
def test_hostile_headers_are_bounded(server: Server, header: str) -> None:
    for text in SHAPES:
        headers = {"X-Broker-API-Version": "2.17", header: text}
        try:
            answer = requests.get(
                f"{server.url}/v2/catalog",
                auth=(server.user, server.password),
                headers=headers,
                timeout=30,
            )
        except requests.ConnectionError:
            continue  # refused by the listener
        assert answer.status_code in {200, 400, 431}


def test_hostile_ids_are_refused(server: Server) -> None:
    for text in ("a" * 20_000, "%28" * 5000, "%20" * 300):
        for path in (text, f"i/service_bindings/{text}"):
            answer = requests.delete(
                f"{server.url}/v2/service_instances/{path}",
                params={"service_id": "s", "plan_id": "p"},
                auth=(server.user, server.password),
                headers={"X-Broker-API-Version": "2.17"},
                timeout=30,
            )
            assert answer.status_code in {400, 414}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("NaN", "NaN at line 1 column"),
        ("-Infinity", "-Infinity at line 1 column"),
        ("1e999", "1e999 at line 1 column"),
        ("9" * 5000, "a number of 5000 characters at line 1 column"),
        ("[" * 60 + "]" * 60, "too many levels of objects"),
        ("[" * SIZE, "at most 50 levels"),
        ('{"k": 1,\n  "k": 2}', 'duplicate key "k" at line 1 column'),
    ],
)
def test_ambiguous_json_is_refused_with_the_reason(
    platform: PlatformClient, text: str, reason: str
) -> None:
    path = f"/service_instances/{a_guid()}"
    body = f'{{"parameters": {{"a": {text}}}}}'
    for method, place in (("PUT", path), ("PATCH", path), ("PUT", f"{path}/service_bindings/b")):
        answer = platform.request(method, place, data=body, headers=JSON)
        assert answer.status_code == 400
        assert reason in answer.json()["description"]
    if len(text) < SIZE:
        identity = base64.b64encode(f'{{"a": {text}}}'.encode()).decode()
        header = {"X-Broker-API-Originating-Identity": f"cloudfoundry {identity}"}
        answer = platform.request("GET", "/catalog", headers=header)
        assert answer.status_code == 400
        assert reason in answer.json()["description"]


def test_large_descriptors_are_refused_before_they_cost_time(
    server: Server, platform: PlatformClient
) -> None:
    """A megabyte cost 5 s; 27,000 references made other binds wait 3.4 s."""
    references = [f"$XSAPPNAME(application,a{n}).s" for n in range(27_000)]
    applications = [f"$XSAPPNAME(application,a{n})" for n in range(50)]
    scopes = [{"name": f"$XSAPPNAME.s{n}", "granted-apps": applications} for n in range(500)]
    began = cpu_seconds(server)
    for document, reason in (
        (a_descriptor(authorities=references), "too many keys and entries; at most 25000"),
        (a_descriptor(authorities=references[:1001]), "at most 1000 entries"),
        (a_descriptor(scopes=scopes[:400]), "references to other applications; at most"),
        (a_descriptor(**{f"scop{n}": 1 for n in range(50_000)}), "too many keys and entries"),
    ):
        answer = platform.provision(a_guid(), document)
        assert answer.status_code == 400
        assert reason in answer.json()["description"]
    assert cpu_seconds(server) - began < 4 * 0.7


def test_the_files_of_commands_are_read_alike(server: Server) -> None:
    path = server.directory / f"{os.getpid()}-xs-security.json"
    path.write_text('{"xsappname": "a",\n "xsappname": "b"}')
    refused = server.command("descriptor", "check", str(path), check=False)
    assert refused.returncode == 1
    places = 'duplicate key "xsappname" at line 1 column 2 and line 2 column 2'
    assert places in refused.stdout
    refused = server.command("descriptor", "diff", str(path), str(path), check=False)
    assert places in refused.stderr
