"""Names of settings, metrics, targets and files on pages exist."""

from __future__ import annotations

import re

import pytest

from tests.documents import metrics_page
from tests.documents.pages import PAGES, prose_of, text_of
from tests.documents.settings_page import fields
from tests.support.server import ROOT

FORMER = ("docs/decisions/", "CHANGELOG.md")
"""Beginnings of pages that also name files of earlier versions."""
SETTING = re.compile(r"\bXSUAA_[A-Z0-9_]*[A-Z0-9]\b")
METRIC = re.compile(r"\bxsuaa_[a-z_]+(?:_total|_seconds|_refused|_up|_info|_in_use|_limit)\b")
TARGET = re.compile(r"(?:^|`)make ([a-z]+)\b", re.MULTILINE)
FILE = re.compile(
    r"`((?:docs|deploy|tests|broker|scripts|migrations|api|cli|credentials|settings|store)/[\w./-]+)`"
)


@pytest.mark.parametrize("page", PAGES)
def test_settings_exist(page: str) -> None:
    assert set(SETTING.findall(text_of(page))) <= fields().keys()


@pytest.mark.parametrize("page", PAGES)
def test_metrics_exist(page: str) -> None:
    series = {name for metric in metrics_page.metrics() for name in metric.series}
    assert set(METRIC.findall(text_of(page))) <= series


@pytest.mark.parametrize("page", PAGES)
def test_make_targets_exist(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(TARGET.findall(text_of(page))) <= targets


@pytest.mark.parametrize("page", [each for each in PAGES if not each.startswith(FORMER)])
def test_files_exist(page: str) -> None:
    for name in FILE.findall(prose_of(page)):
        assert (ROOT / name).exists() or (ROOT / "broker" / name).exists(), name


def test_every_alert_is_explained() -> None:
    defined = re.findall(r"alert: (\w+)", (ROOT / "deploy/prometheus-alerts.yaml").read_text())
    assert sorted(re.findall(r"`(Xsuaa\w+)`", text_of("docs/monitoring.md"))) == sorted(defined)


def test_names_are_found() -> None:
    texts = "".join(map(text_of, PAGES))
    found = [len(set(pattern.findall(texts))) for pattern in (SETTING, METRIC, TARGET, FILE)]
    assert all(each > least for each, least in zip(found, (60, 12, 7, 40), strict=True)), found
