"""``instances``: listed, shown and updated, for all platforms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

TYPES = {"oauth2-configuration": {"credential-types": ["instance-secret", "binding-secret"]}}
DESCRIPTOR = {"xsappname": "app", "authorities": ["b.read"], **TYPES}
LESS = {"xsappname": "app", "oauth2-configuration": {"credential-types": ["binding-secret"]}}


@pytest.fixture
def filled(command_line: CommandLine) -> CommandLine:
    """A database with an instance and a binding that shows its secret."""
    command_line.domain.provision("i", DESCRIPTOR, context={"instance_name": "my-uaa"})
    command_line.domain.bind("i", "b")
    return command_line


def test_instances_are_listed(filled: CommandLine) -> None:
    [listed] = json.loads(filled("instances", "list", "--json"))
    assert (listed["id"], listed["name"], listed["app-id"]) == ("i", "my-uaa", "app!t1")
    assert listed["credential-types"] == ["instance-secret", "binding-secret"]
    assert filled("instances", "list").split()[:2] == ["i", "app!t1"]


def test_one_is_shown_with_bindings_and_references(filled: CommandLine) -> None:
    shown = json.loads(filled("instances", "show", "i", "--json"))
    assert shown["bindings"] == [{"id": "b", "credential-type": "instance-secret"}]
    assert [(each["usage"], each["application"]) for each in shown["references"]] == [
        ("authorities", None)
    ]
    text = filled("instances", "show", "i")
    assert "b (instance-secret)" in text
    assert "clientsecret" not in text
    assert filled.try_out("instances", "show", "missing").exit_code == 1


def test_an_update_may_be_a_dry_run_first(filled: CommandLine) -> None:
    words = ("instances", "update", "i", "-c", "-", "--json")
    tried = json.loads(filled(*words, "--dry-run", text=json.dumps(LESS)))
    assert tried["changed"] is False
    assert [each["id"] for each in tried["cut-off-bindings"]] == ["b"]
    assert filled.domain.instance("i").parameters == DESCRIPTOR
    done = json.loads(filled(*words, text=json.dumps(LESS)))
    assert done["changed"] is True
    assert done["differences"] == tried["differences"]
    assert filled.domain.instance("i").parameters == LESS


@pytest.mark.parametrize("text", ["", "[]", '{"xsappname": "renamed"}', '{"xsappname": 7}'])
def test_a_refused_update_changes_nothing(filled: CommandLine, text: str) -> None:
    result = filled.try_out("instances", "update", "i", "-c", "-", text=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert filled.domain.instance("i").parameters == DESCRIPTOR


def test_a_kept_name_is_released(filled: CommandLine) -> None:
    filled.domain.deprovision("i")
    kept = filled("instances", "release-name", "app!t1")
    assert kept != filled("instances", "release-name", "app!t1")
    filled.domain.provision("j", DESCRIPTOR, space_guid="other")
    assert json.loads(filled("instances", "list", "--json"))[0]["id"] == "j"
