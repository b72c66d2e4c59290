"""``audit``: events are listed, filtered and pruned."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.groups import GROUPS
from broker.cli.audit import list_

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def filled(command_line: CommandLine) -> CommandLine:
    """A database in which two instances were created and one was bound."""
    for name in ("i", "j"):
        command_line.domain.provision(name, {"xsappname": name})
        command_line.domain.clock.advance(minutes=1)
    command_line.domain.bind("i", "b")
    return command_line


def listed(filled: CommandLine, *options: str) -> list[Any]:
    lines = filled("audit", "list", "--json", *options).splitlines()
    return [(event["action"], event["subject"]["id"]) for event in map(json.loads, lines)]


@pytest.mark.parametrize(
    ("options", "events"),
    [
        (("--platform", "default"), [("provision", "i"), ("provision", "j"), ("bind", "b")]),
        (("--instance", "i"), [("provision", "i"), ("bind", "b")]),
        (("--binding", "b"), [("bind", "b")]),
        (("--action", "provision"), [("provision", "i"), ("provision", "j")]),
        (("--subject", "j"), [("provision", "j")]),
        (("--limit", "1"), [("bind", "b")]),
        (("--limit", "0", "--instance", "i"), [("provision", "i"), ("bind", "b")]),
        (("--since", "2030-01-01T00:01"), [("provision", "j"), ("bind", "b")]),
        (("--platform", "default", "--until", "2030-01-01T00:01"), [("provision", "i")]),
        (("--zone", "1"), [("provision", "i"), ("provision", "j"), ("bind", "b")]),
        (("--zone", "zone-1"), [("provision", "i"), ("provision", "j"), ("bind", "b")]),
        (("--zone", "00000000-0000-4000-8000-000000000000"), []),
        (("--actor", "nobody"), []),
        (("--outcome", "refused"), []),
    ],
)
def test_filters_select_the_requested_events(
    filled: CommandLine, options: tuple[str, ...], events: list[tuple[str, str]]
) -> None:
    assert listed(filled, *options) == events


def test_a_misspelt_zone_is_an_error(filled: CommandLine) -> None:
    refused = filled.try_out("audit", "list", "--zone", "zone-2")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "There is no zone zone-2; the command zones list lists all." in refused.stderr


def test_an_instance_is_selected_by_name_short_id_and_after_its_deletion(
    command_line: CommandLine,
) -> None:
    instance, domain = "0a1b2c3d-0000-4000-8000-000000000001", command_line.domain
    domain.provision(instance, {"xsappname": "a"}, context={"instance_name": "my-uaa"})
    domain.provision("other", {"xsappname": "b"})
    created = [("provision", instance)]
    for text in ("my-uaa", instance, instance[:8]):
        assert listed(command_line, "--instance", text) == created
    domain.clock.advance(minutes=1)
    domain.deprovision(instance)
    assert listed(command_line, "--instance", instance) == [*created, ("deprovision", instance)]
    assert listed(command_line, "--instance", "my-uaa") == []


def test_all_events_are_listed_on_request(
    filled: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    [limit] = [each for each in list_.params if each.name == "limit"]
    monkeypatch.setattr(limit, "default", 1)
    assert len(listed(filled)) == 1
    assert len(listed(filled, "--limit", "0", "--platform", "default")) == 3
    assert filled.try_out("audit", "list", "--limit", "-1").exit_code == 2


def test_a_reconciliation_reads_the_output(filled: CommandLine) -> None:
    """Only the servers' events are in their log."""
    filled.domain.clock.advance(minutes=1)
    filled.domain.unbind("i", "b")
    output = filled("audit", "list", "--json", "--limit", "0")
    (filled.directory / "audit.log").write_text(output)
    with filled.domain.engine.begin() as connection:  # the backup lacks the event
        connection.exec_driver_sql("DELETE FROM audit_event WHERE action = 'unbind'")
    planned = filled("doctor", "reconcile", "--log", "audit.log")
    assert "Delete binding b of i, if it exists." in planned


def test_lines_fit_a_terminal_and_hold_the_same(filled: CommandLine) -> None:
    narrow = filled("audit", "list", "--platform", "default").splitlines()
    assert all(len(line) <= 80 for line in narrow)
    assert [line.split()[:2] for line in narrow if line.startswith("2030")] == [
        ["2030-01-01T00:00:00Z", "provision"],
        ["2030-01-01T00:01:00Z", "provision"],
        ["2030-01-01T00:02:00Z", "bind"],
    ]
    wide = filled("audit", "list", "--wide", "--instance", "i").splitlines()
    assert len(wide) == 3
    assert "credential_type" in wide[2]


def test_recent_events_are_deleted_by_force_only(filled: CommandLine) -> None:
    refused = filled.try_out("audit", "prune", "--older-than", "6d", "--yes")
    assert refused.exit_code == 2
    asked = filled.try_out("audit", "prune", "--older-than", "7d", text="n\n")
    assert asked.exit_code == 1
    assert len(listed(filled, "--platform", "default")) == 3


def test_old_events_are_pruned_and_the_pruning_is_kept(filled: CommandLine) -> None:
    with filled.domain.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit_event SET at = '2020-01-01 00:00:00.000000'")
    filled("audit", "prune", "--older-than", "365d", "--yes")
    assert [action for action, _ in listed(filled)] == ["prune-audit"]


def test_an_event_is_shown_by_its_id(filled: CommandLine) -> None:
    event = json.loads(filled("audit", "list", "--json", "--binding", "b"))
    assert json.loads(filled("audit", "show", event["id"], "--json")) == event
    lines = filled("audit", "show", event["id"]).splitlines()
    assert lines[1:4] == [
        f"id:             {event['id']}",
        "at:             2030-01-01T00:02:00Z",
        "action:         bind",
    ]
    assert filled("audit", "list", "--wide", "--binding", "b").splitlines()[1].endswith(event["id"])


@pytest.mark.parametrize("id_", ["1", "0", "x", "9" * 30])
def test_an_unknown_id_is_refused(filled: CommandLine, id_: str) -> None:
    result = filled.try_out("audit", "show", id_)
    assert (result.exit_code, "There is no audit event with this id." in result.output) == (1, True)


def test_groups_of_actions_are_those_of_the_help(filled: CommandLine) -> None:
    assert f"Groups of actions: {', '.join(sorted(GROUPS))}." in " ".join(
        (list_.help or "").split()
    )
    assert listed(filled, "--action", "credentials") == [("bind", "b")]
