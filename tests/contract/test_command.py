"""The command that checks a broker."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.contract.__main__ import main
from tests.contract.expectations import Finding, Outcome
from tests.contract.parameters import Parameters, UnusableParameters, read_parameters
from tests.contract.report import Report
from tests.contract.requirements import load_requirements
from tests.contract.runner import Result
from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import Server

REQUIREMENTS = load_requirements()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_people_get_lines_and_programs_get_json(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", server.password)
    only = ("--only", "OSB-CAT", "--only", "OSB-ROT-06", "--strict")
    assert main([f"{server.url}/v2/", "--user", "broker", *only]) == 0
    shown = capsys.readouterr()
    assert "✓ OSB-CAT-01   M  The catalog is a 200 with a list of services." in shown.out
    assert "not applicable: the plan offers rotation" in shown.out
    assert "21 requirements: 18 passed, 0 failed, 2 not applicable, 1 cannot" in shown.out
    assert "Checking service xsuaa, plan application at" in shown.err
    assert "\x1b" not in shown.out + shown.err
    plan = ("--plan", "apiaccess", "--json")
    assert main([server.url, "--user", "broker", *only, *plan]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert (document["plan"], document["summary"]["passed"]) == ("apiaccess", 18)
    assert document["requirements"][0]["outcome"] == "passed"
    assert document["left_behind"] == []
    for output in (*shown, *printed):
        assert server.password not in output


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_runs_as_a_program(server: Server) -> None:
    """The exit status is the return value of ``main``."""
    arguments = [server.url, "--user", "broker", "--only", "OSB-HDR-01", "--api-version", "2.12"]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.contract", *arguments],
        cwd=ROOT,
        env={**os.environ, "BROKER_PASSWORD": server.password},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 2
    assert "The catalog cannot be read: 412" in ended.stderr


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("url", "options", "password", "words"),
    [
        ("{}", (), "wrong", "The catalog cannot be read: 401"),
        ("{}", (), None, "Set BROKER_PASSWORD"),
        ("{}", ("--plan", "none"), "", "no service with a plan named none"),
        ("{}", ("--only", "OSB-NONE"), "", "No requirement begins with OSB-NONE"),
        ("{}", ("--instance-parameters", "Makefile"), "", "Makefile"),
        ("{}/elsewhere", (), "", "The catalog cannot be read: 404"),
        ("http://user:secret@localhost", (), "", "Credentials are not allowed in the URL"),
        ("ftp://localhost", (), "", "http:// or https://"),
        ("http://localhost:1", (), "", "ConnectionError"),
    ],
)
def test_an_impossible_check_is_distinguished_from_a_failure(
    server: Server,
    *,
    url: str,
    options: tuple[str, ...],
    password: str | None,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BROKER_PASSWORD", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    if password is not None:
        monkeypatch.setenv("BROKER_PASSWORD", password or server.password)
    assert main([url.format(server.url), "--user", "broker", *options]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert "secret" not in printed.err


def test_failures_are_explained_and_counted_by_level() -> None:
    chosen = tuple(REQUIREMENTS.all[name] for name in ("OSB-HDR-04", "OSB-HDR-05", "OSB-CAT-20"))
    cases = [f"version {number}" for number in range(5)]
    failed = [
        Finding("OSB-HDR-04", Outcome.FAILED, "headers.x", "400 or 412", "500", case)
        for case in cases
    ]
    passed = Finding("OSB-HDR-05", Outcome.PASSED, "headers.y", "the header")
    report = Report(REQUIREMENTS, chosen, Result([*failed, passed], ["/v2/left"]))
    out = io.StringIO()
    report.print_to(out)
    text = " ".join(out.getvalue().split())
    assert "✗ OSB-HDR-04" in text
    assert "headers.x version 2 expected 400 or 412 got 500 … and 2 more" in text
    assert "Could not be deleted: /v2/left" in text
    assert "1 passed, 1 failed (P 1), 0 not applicable, 1 cannot be checked from outside" in text
    assert not report.failed("M")
    assert report.failed("MSP")


def test_parameters_come_from_files(tmp_path: Path) -> None:
    file = tmp_path / "parameters.json"
    file.write_text('[{"name": "a-$UNIQUE", "list": [{"b": "$UNIQUE"}], "n": 1}, {"name": "b"}]')
    read = read_parameters(file)
    first, again = read.made_unique(), read.made_unique()
    assert first.first["name"] == f"a-{first.first['list'][0]['b']}"
    assert first.first["n"] == 1
    assert first.first != again.first
    assert first.second == {"name": "b"}
    file.write_text('{"name": "a"}')
    assert read_parameters(file) == Parameters({"name": "a"})
    for unusable in ("[]", "[1]", "[{}, {}, {}]", "1", "{"):
        file.write_text(unusable)
        with pytest.raises(UnusableParameters):
            read_parameters(file)
