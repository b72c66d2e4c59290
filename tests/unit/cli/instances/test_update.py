"""``instances update``: the rules of an update by the platform."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.cli.instances.conftest import DESCRIPTOR

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

LESS = {"xsappname": "app", "oauth2-configuration": {"credential-types": ["binding-secret"]}}


def test_an_update_may_be_a_dry_run_first(filled: CommandLine) -> None:
    words = ("instances", "update", "i", "-c", "-", "--json")
    tried = json.loads(filled(*words, "--dry-run", text=json.dumps(LESS)))
    assert tried["changed"] is False
    assert [each["holder"] for each in tried["cut_off_bindings"]] == ["service key b"]
    assert (tried["refused_by_guard"], tried["cut_off_bindings"][0]["id"]) == (None, "b")
    assert filled.domain.instance("i").parameters == DESCRIPTOR
    done = json.loads(filled(*words, text=json.dumps(LESS)))
    assert done["changed"] is True
    assert done["differences"] == tried["differences"]
    assert filled.domain.instance("i").parameters == LESS


def test_a_dry_run_that_the_guard_would_refuse_has_status_1(
    filled: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = filled.domain
    credentials = domain.bind("i", "used")
    client = domain.authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])
    assert client.credential_id is not None
    domain.count_use(client.credential_id)
    words = ("instances", "update", "i", "-c", "-", "--dry-run")
    tried = filled.try_out(*words, text=json.dumps(LESS))
    assert (tried.exit_code, "would be refused" in tried.output) == (0, False)
    monkeypatch.setenv("XSUAA_REMOVAL_GUARD_DAYS", "30")
    tried = filled.try_out(*words, text=json.dumps(LESS))
    assert (tried.exit_code, "would be refused" in tried.output) == (1, True)


@pytest.mark.parametrize("text", ["", "[]", '{"xsappname": "renamed"}', '{"xsappname": 7}'])
def test_a_refused_update_changes_nothing(filled: CommandLine, text: str) -> None:
    result = filled.try_out("instances", "update", "i", "-c", "-", text=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert filled.domain.instance("i").parameters == DESCRIPTOR


def test_each_error_of_an_update_is_a_line_with_the_name_of_the_file(
    filled: CommandLine,
) -> None:
    text = json.dumps({"xsappname": "a.b", "unknown": 1, "authorities": ["?"]})
    printed = filled.try_out("instances", "update", "i", "-c", "-", text=text).stderr.splitlines()
    assert [line[:35] for line in printed] == [
        'Error: <stdin>: Invalid xsappname "',
        "Error: <stdin>: unknown: unknown ke",
        'Error: <stdin>: authorities[0]: "?"',
    ]
