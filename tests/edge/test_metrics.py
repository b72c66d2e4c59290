"""/metrics: what Prometheus sees, of all workers and both listeners together (D-26)."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.documents import metrics_page
from tests.support.application import fetch_token
from tests.support.databases import migrated_database
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "metrics-token-of-this-test"
DEPLOY = ROOT / "deploy"


@pytest.fixture(scope="module")
def watched(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with metrics, where each counted event has happened once."""
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"metrics-{a_guid()}")
    directory = tmp_path_factory.mktemp(f"metrics-{database}")
    with Server(directory, database_url=url, XSUAA_METRICS_TOKEN=TOKEN) as running:
        platform = PlatformClient(running.url, running.user, running.password)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor()).ok
        credentials = platform.bind(instance, a_guid()).json()["credentials"]
        assert fetch_token(credentials | {"url": running.url}).ok
        assert not fetch_token(credentials | {"url": running.url, "clientid": "sb-x!t1"}).ok
        yield running


def scrape(server: Server, url: str = "") -> dict[tuple[str, frozenset[Any]], float]:
    """Return every sample by name and labels."""
    response = requests.get(
        f"{url or server.url}/metrics",
        headers={"Authorization": f"Bearer {TOKEN}"},
        verify=str(server.ca_file),
        timeout=30,
    )
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("text/plain")
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def value(samples: dict[tuple[str, frozenset[Any]], float], name: str, **labels: str) -> float:
    """Return one sample, 0 if it is not there."""
    return samples.get((name, frozenset(labels.items())), 0)


def test_requests_of_every_worker_and_both_listeners_are_counted(watched: Server) -> None:
    before = scrape(watched)
    for _ in range(15):
        for url in (watched.url, watched.tls_url):
            # A new connection each time, so that workers take turns.
            requests.get(f"{url}/token_keys", verify=str(watched.ca_file), timeout=30)
    after = scrape(watched)
    counted = {"endpoint": "token_keys", "status": "200"}
    name = "xsuaa_http_requests_total"
    assert value(after, name, **counted) - value(before, name, **counted) == 30
    timed = "xsuaa_http_request_duration_seconds_count"
    labels = {"endpoint": "token_keys"}
    assert value(after, timed, **labels) - value(before, timed, **labels) == 30
    # Both listeners show the same numbers.
    over_tls = scrape(watched, watched.tls_url)
    assert value(over_tls, name, **counted) == value(after, name, **counted)


def test_tokens_and_refusals_are_counted_with_the_true_reason(watched: Server) -> None:
    platform = PlatformClient(watched.url, watched.user, watched.password)
    instance, key = a_guid(), a_guid()
    types = credential_types("binding-secret")
    assert platform.provision(instance, a_descriptor(oauth2_configuration=types)).ok
    credentials = platform.bind(instance, key).json()["credentials"] | {"url": watched.url}
    before = scrape(watched)
    assert fetch_token(credentials).status_code == 200
    assert fetch_token(credentials, scope="foreign").status_code == 400
    changed = credentials["clientsecret"][:-3] + "xx="
    assert fetch_token(credentials | {"clientsecret": changed}).status_code == 401
    assert platform.unbind(instance, key).ok
    assert fetch_token(credentials).status_code == 401
    after = scrape(watched)
    expected = {
        ("xsuaa_tokens_issued_total", "binding-secret"),
        ("xsuaa_token_refusals_total", "invalid_scope"),
        ("xsuaa_token_refusals_total", "wrong secret"),
        ("xsuaa_token_refusals_total", "unknown client or no such credential"),
    }
    for name, label in expected:
        labels = (
            {"grant_type": "client_credentials", "credential_type": label}
            if "issued" in name
            else {"reason": label}
        )
        assert value(after, name, **labels) - value(before, name, **labels) == 1, label


def test_gauges_come_from_the_database(watched: Server) -> None:
    platform = PlatformClient(watched.url, watched.user, watched.password)
    before = scrape(watched)
    instance = a_guid()
    types = credential_types("instance-secret", "binding-secret", "x509")
    assert platform.provision(instance, a_descriptor(oauth2_configuration=types)).ok
    platform.bind(instance, a_guid(), {"credential-type": "binding-secret"})
    platform.bind(instance, a_guid(), {"credential-type": "x509"})
    after = scrape(watched)
    for name, labels in (
        ("xsuaa_instances", {"plan": "application"}),
        ("xsuaa_instances_accepting", {"credential_type": "instance-secret"}),
        ("xsuaa_instances_accepting", {"credential_type": "binding-secret"}),
        ("xsuaa_bindings", {"credential_type": "binding-secret"}),
        ("xsuaa_credentials", {"credential_type": "binding-secret", "age": "under 30 days"}),
        ("xsuaa_certificates", {"left": "under 7 days"}),
        ("xsuaa_certificates_lifetime", {"left": "a third and more"}),
    ):
        assert value(after, name, **labels) - value(before, name, **labels) == 1, name
    assert value(after, "xsuaa_database_up") == 1
    assert value(after, "xsuaa_database_connections_limit") == 8 * 4  # two listeners, two workers
    assert ("xsuaa_signing_key_age_seconds", frozenset()) in after
    # XSUAA_KEY_PERIOD and XSUAA_KEY_RETIREMENT
    assert value(after, "xsuaa_signing_key_age_limit_seconds") == 7_776_000 + 129_600


def test_without_the_token_metrics_are_refused(watched: Server) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
        response = requests.get(f"{watched.url}/metrics", headers=headers, timeout=30)
        assert response.status_code == 401
        assert "xsuaa_" not in response.text
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_without_the_setting_there_is_no_endpoint(server: Server) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert requests.get(f"{server.url}/metrics", headers=headers, timeout=30).status_code == 404


def test_dashboard_and_alerts_name_metrics_that_exist(watched: Server) -> None:
    """The server exposes every metric in an expression, with the labels and values of classes."""
    samples = scrape(watched)
    seen = {name for name, _ in samples}
    expressions = [*alert_expressions(), *dashboard_expressions()]
    classes = {
        pair
        for name, labels in samples
        for pair in labels
        if name.startswith("xsuaa_certificates") or pair[0] == "endpoint"
    }
    asked = {
        pair for text in expressions for pair in re.findall(r'\b(left|endpoint)="([^"]*)"', text)
    }
    assert asked - classes == set()
    assert len(asked) == 3
    assert len(expressions) > 15
    named = {name for text in expressions for name in re.findall(r"\bxsuaa_\w+", text)}
    assert named - seen == set()
    # And every metric is used in the dashboard or an alert.
    assert {name for name in seen if not name.endswith(("_count", "_sum"))} - named == set()
    documented = {name for metric in metrics_page.metrics() for name in metric.series}
    assert {name for name in seen if name.startswith("xsuaa_")} - documented == set()


def alert_expressions() -> Iterator[str]:
    """Yield the expressions of the alert rules."""
    rules = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["labels"]["severity"] in {"critical", "warning"}
            yield rule["expr"]


def dashboard_expressions() -> Iterator[str]:
    """Yield the expressions of the dashboard."""
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


def test_reasons_of_refusals_are_fixed_texts() -> None:
    """They are values of a label: nothing that a client sends may become part of them."""
    for path in Path(ROOT, "broker").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "AuthenticationFailed"
            ):
                reason = node.args[0]
                is_named_constant = isinstance(reason, ast.Name) and reason.id.isupper()
                is_fixed = isinstance(reason, ast.Constant) or is_named_constant
                assert is_fixed, f"{path}:{node.lineno}"
