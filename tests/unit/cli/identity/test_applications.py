"""``applications``: listed, approved, revoked (D-57)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest

from broker.instances.plan import Plan
from tests.support.domain import APIACCESS

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def filled(command_line: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """An instance of plan apiaccess and an application that requests a scope."""
    monkeypatch.setenv("XSUAA_APIACCESS", "approval")
    domain = command_line.domain
    domain.provision("api", {"xsappname": "api"}, plan=Plan.APIACCESS, plan_id=APIACCESS)
    domain.provision("app", {"xsappname": "app", "foreign-scope-references": ["xs_user.read"]})
    return command_line


def test_an_application_is_approved_and_revoked(filled: CommandLine) -> None:
    api, app = json.loads(filled("applications", "list", "--json"))
    assert (api["id"], len(api["requested"]), api["approved"]) == ("api!a1", 6, [])
    assert app == {
        "id": "app!t1",
        "client_id": "sb-app!t1",
        "instance": "app",
        "zone": "zone-1",
        "plan": "application",
        "requested": ["xs_user.read"],
        "approved": [],
        "approved_at": None,
        "approved_by": None,
    }
    words = ("app!t1", "--zone", "zone-1")
    text = "Approved app!t1: xs_user.read.\n"
    asked = filled.try_out("applications", "approve", *words, text="y\n")
    assert (asked.exit_code, asked.stdout) == (0, text)
    assert "app!t1 requests xs_user.read.\nApprove these scopes? [y/N]: " in asked.stderr
    assert filled("applications", "approve", *words) == text, "nothing to ask"
    _, header, listed = filled("applications", "list", "--zone", "1").partition("APPLICATION")
    assert header
    lines = [line.split() for line in listed.splitlines()[1:]]
    assert lines[0] == ["api!a1", "zone-1", "apiaccess", "all", "-", "-"]
    assert lines[1][:5] == ["app!t1", "zone-1", "application", "xs_user.read", "xs_user.read"]
    asked = filled.try_out("applications", "revoke", *words)
    assert asked.exit_code == 1
    revoked = json.loads(filled("applications", "revoke", *words, "--yes", "--json"))
    assert revoked["approved"] == []


def approved(filled: CommandLine) -> dict[str, list[str]]:
    found = json.loads(filled("applications", "list", "--json"))
    return {each["id"]: each["approved"] for each in found}


def test_nothing_is_approved_without_a_yes(filled: CommandLine) -> None:
    for words in (("app",), ("app", "--json"), ("app", "--expect", "xs_user.write")):
        refused = filled.try_out("applications", "approve", *words, "--zone", "1", text="n\n")
        assert (refused.exit_code, refused.stdout) == (1, "")
    both = filled.try_out("applications", "approve", "app", "--zone=1", "--yes", "--expect=all")
    assert both.exit_code == 2
    assert approved(filled) == {"api!a1": [], "app!t1": []}


def test_expected_scopes_need_no_question(filled: CommandLine) -> None:
    filled("applications", "approve", "app", "--zone", "1", "--expect", " xs_user.read,")
    filled("applications", "approve", "api", "--zone", "1", "--expect", "all")
    assert [len(each) for each in approved(filled).values()] == [6, 1]
    filled("applications", "revoke", "app", "--zone", "1", "--yes")
    filled("applications", "approve", "app", "--zone", "1", "--yes", "--json")
    assert approved(filled)["app!t1"] == ["xs_user.read"]


def test_an_update_during_the_question_is_noticed(
    filled: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    references = ["xs_user.read", "xs_user.write"]

    def confirm(*_: object, **__: object) -> None:
        filled.domain.update("app", {"xsappname": "app", "foreign-scope-references": references})

    monkeypatch.setattr(click, "confirm", confirm)
    refused = filled.try_out("applications", "approve", "app", "--zone", "1")
    assert refused.exit_code == 1
    assert "app!t1 requests xs_user.read, xs_user.write, not xs_user.read" in refused.stderr
    assert approved(filled)["app!t1"] == []


def test_errors_name_the_cause(filled: CommandLine) -> None:
    for words, text in [
        (("approve", "app", "--zone", "1", "--expect", "x"), "requests xs_user.read, not x"),
        (("approve", "other", "--zone", "1"), "Zone zone-1 has no application other"),
        (("approve", "app", "--zone", "9"), "There is no zone 9"),
    ]:
        refused = filled.try_out("applications", *words)
        assert refused.exit_code == 1
        assert text in refused.stderr


def test_an_empty_database_has_no_requests(command_line: CommandLine) -> None:
    assert command_line("applications", "list") == "No application requests xs_* scopes.\n"
