"""``instances``: listed, shown and updated, for all platforms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from broker.audit.actor import platform_actor
from broker.instances.plan import Plan
from tests.support.domain import APIACCESS
from tests.support.instances import START

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_instances_are_listed(filled: CommandLine) -> None:
    [listed] = json.loads(filled("instances", "list", "--json"))
    assert (listed["id"], listed["name"], listed["app_id"]) == ("i", "my-uaa", "app!t1")
    assert listed["credential_types"] == ["instance-secret", "binding-secret"]
    header, row = filled("instances", "list").splitlines()
    assert header.split()[:3] == ["ID", "NAME", "APPLICATION"]
    assert row.split()[:3] == ["i", "my-uaa", "app!t1"]


def test_one_is_shown_with_bindings_and_references(filled: CommandLine) -> None:
    shown = json.loads(filled("instances", "show", "i", "--json"))
    assert shown["bindings"] == [
        {"id": "b", "credential_type": "instance-secret", "app_guid": None, "last_used_at": None}
    ]
    assert (shown["organization"], shown["last_used_at"]) == ("org", None)
    assert [(each["usage"], each["application"]) for each in shown["references"]] == [
        ("authorities", None)
    ]
    text = filled("instances", "show", "i")
    assert "b (instance-secret, last used -)" in text
    assert "clientsecret" not in text
    assert filled.try_out("instances", "show", "missing").exit_code == 1


def test_the_approval_is_shown(filled: CommandLine) -> None:
    """D-57."""
    domain = filled.domain
    domain.provision("j", plan=Plan.APIACCESS, plan_id=APIACCESS)
    approvals = {}
    for _ in range(2):
        listed = json.loads(filled("instances", "list", "--json"))
        approvals = {each["id"]: each["approved_at"] for each in listed}
        shown = json.loads(filled("instances", "show", "j", "--json"))
        assert shown["approved_at"] == approvals["j"]
        text = "-" if approvals["j"] is None else "2030-01-01T00:00:00Z"
        assert f"approved-at:      {text}" in filled("instances", "show", "j")
        assert ("not approved" in filled("instances", "list")) is (approvals["j"] is None)
        domain.transactions.run(lambda store: store.approvals.approve_all(START))
    assert approvals == {"i": None, "j": START.isoformat()}


def test_orphans_are_those_that_the_list_lacks(filled: CommandLine) -> None:
    filled.domain.provision("j", {"xsappname": "other"})
    words = ("instances", "list", "--orphaned-by", "-")
    [orphan] = json.loads(filled(*words, "--json", text='["j", "k"]'))
    assert (orphan["id"], orphan["name"], orphan["organization"]) == ("i", "my-uaa", "org")
    assert [each["id"] for each in orphan["bindings"]] == ["b"]
    [_, row] = filled(*words, text="j\n").splitlines()
    assert row.split()[:3] == ["i", "my-uaa", "app!t1"]
    [_, row] = filled(*words, "--wide", text="j\n").splitlines()
    assert row.split()[:5] == ["i", "my-uaa", "org", "space", "app!t1"]
    assert "The list contains all service instances" in filled(*words, text="i\nj\n")


@pytest.mark.parametrize("text", ["", "[]", '["other"]', '{"resources": []}'])
def test_a_list_without_any_instance_needs_a_confirmation(filled: CommandLine, text: str) -> None:
    words = ("instances", "list", "--json", "--orphaned-by", "-")
    refused = filled.try_out(*words, text=text)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "add --allow-empty" in refused.stderr
    assert [each["id"] for each in json.loads(filled(*words, "--allow-empty", text=text))] == ["i"]


def test_a_list_is_of_one_platform(filled: CommandLine) -> None:
    filled.domain.provision("j", {"xsappname": "app"}, caller=platform_actor("other"))
    words = ("instances", "list", "--json", "--orphaned-by", "-", "--allow-empty")
    refused = filled.try_out(*words, text="")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "--platform with one of default, other" in refused.stderr
    [orphan] = json.loads(filled(*words, "--platform", "other", text=""))
    assert orphan["id"] == "j"
    listed = json.loads(filled("instances", "list", "--json", "--platform", "default"))
    assert [each["id"] for each in listed] == ["i"]
