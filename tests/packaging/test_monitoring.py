"""Alert rules, dashboard and scrape configurations, checked and tested by promtool."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.promtool import promtool
from tests.support.server import ROOT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Promtool = Callable[..., subprocess.CompletedProcess[str]]

DEPLOY = ROOT / "deploy"
SCRAPES = DEPLOY / "prometheus.yaml"
ALERTS = DEPLOY / "prometheus-alerts.yaml"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]
]
CASES = yaml.safe_load((ROOT / "tests/packaging/alerts.yaml").read_text())["tests"]


@pytest.fixture(scope="session", name="promtool")
def promtool_of_this_machine() -> Promtool:
    """Run promtool with arguments in a directory."""
    return promtool()


def failures(promtool: Promtool, directory: Path, rules: list[dict[str, Any]]) -> dict[str, str]:
    """Run the cases of each rule with that rule alone; return what failed by alert."""
    failed = {}
    for rule in rules:
        alert = rule["alert"]
        (directory / f"{alert}.rule.yaml").write_text(
            yaml.safe_dump({"groups": [{"name": "xsuaa-broker", "rules": [rule]}]})
        )
        cases = {
            "evaluation_interval": "1m",
            "rule_files": [f"{alert}.rule.yaml"],
            "tests": [case for each in CASES if (case := of_the_rule(each, rule))],
        }
        (directory / f"{alert}.yaml").write_text(yaml.safe_dump(cases))
        run = promtool(directory, "test", "rules", f"{alert}.yaml")
        if run.returncode:
            failed[alert] = run.stdout + run.stderr
    return failed


def of_the_rule(case: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any] | None:
    """Return the case with what it expects of this rule, None if nothing."""
    expected = [
        each
        | {
            "exp_alerts": [
                alert | {"exp_annotations": rule["annotations"]} for alert in each["exp_alerts"]
            ]
        }
        for each in case["alert_rule_test"]
        if each["alertname"] == rule["alert"]
    ]
    return case | {"alert_rule_test": expected} if expected else None


def test_each_alert_fires_on_its_series_and_not_on_others(
    promtool: Promtool, tmp_path: Path
) -> None:
    assert failures(promtool, tmp_path, RULES) == {}
    named = {each["alertname"] for case in CASES for each in case["alert_rule_test"]}
    assert named == {rule["alert"] for rule in RULES}


@pytest.mark.parametrize("expression", ["vector(1) > 2", "vector(1)"], ids=["never", "always"])
def test_a_rule_that_never_or_always_fires_fails(
    promtool: Promtool, tmp_path: Path, expression: str
) -> None:
    failed = failures(promtool, tmp_path, [rule | {"expr": expression} for rule in RULES])
    assert set(failed) == {rule["alert"] for rule in RULES}
    assert all("FAILED" in output for output in failed.values())


def test_rules_and_dashboard_are_valid_expressions(promtool: Promtool, tmp_path: Path) -> None:
    checked = promtool(tmp_path, "check", "rules", "--lint-fatal", str(ALERTS))
    assert checked.returncode == 0, checked.stderr
    panels = json.loads((DEPLOY / "grafana-dashboard.json").read_text())["panels"]
    recorded = [
        {
            "record": f"panel:{panel['id']}:{target['refId']}",
            # Grafana replaces its variable with a duration.
            "expr": target["expr"].replace("$__rate_interval", "5m"),
        }
        for panel in panels
        for target in panel["targets"]
    ]
    assert len({panel["id"] for panel in panels}) == len(panels)
    rules = tmp_path / "dashboard.yaml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": recorded}]}))
    checked = promtool(tmp_path, "check", "rules", "--lint-fatal", str(rules))
    assert checked.returncode == 0, checked.stderr


def test_the_scrape_configuration_is_valid_and_has_the_job_of_the_alerts(
    promtool: Promtool, tmp_path: Path
) -> None:
    text = SCRAPES.read_text()
    [job] = yaml.safe_load(text)["scrape_configs"]
    jobs = {each for rule in RULES for each in re.findall(r'job="([^"]*)"', rule["expr"])}
    assert jobs == {job["job_name"]}
    # The service's name is the job of a ServiceMonitor.
    service = yaml.safe_load((DEPLOY / "kubernetes/service.yaml").read_text())
    assert service["metadata"]["name"] == job["job_name"]
    token = tmp_path / "token"
    token.touch()
    shutil.copy(ALERTS, tmp_path)
    copy = tmp_path / "prometheus.yaml"
    copy.write_text(text.replace(job["authorization"]["credentials_file"], str(token)))
    checked = promtool(tmp_path, "check", "config", "--lint-fatal", str(copy))
    assert checked.returncode == 0, checked.stdout + checked.stderr
