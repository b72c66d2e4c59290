"""``zones``: listed, created in advance, split (D-53)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.role_collections import assign, descriptor
from tests.support.tenants import EarlierZones, mix_tenants
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def mixed(command_line: CommandLine) -> CommandLine:
    """A mixed zone, and a zone of one tenant."""
    mix_tenants(command_line.domain)
    command_line.domain.provision("i", {"xsappname": "app"})
    return command_line


def test_zones_are_listed(mixed: CommandLine) -> None:
    first, second = json.loads(mixed("zones", "list", "--json"))
    assert first == {
        "index": 1,
        "guid": mixed.domain.instance("one").client.zone.guid,
        "subdomain": "zone-1",
        "platform": "default",
        "key": "organization:-",
        "instances": 2,
        "mixed": True,
    }
    assert (second["key"], second["instances"], second["mixed"]) == ("organization:org", 1, False)
    header, one, two = mixed("zones", "list").splitlines()
    assert header.split() == [
        "INDEX",
        "SUBDOMAIN",
        "PLATFORM",
        "KEY",
        "INSTANCES",
        "MIXED",
    ]
    assert [line.split()[-1] for line in (one, two)] == ["mixed", "-"]


def test_an_empty_database_has_no_zones(command_line: CommandLine) -> None:
    assert command_line("zones", "list") == "There are no zones.\n"
    assert json.loads(command_line("zones", "list", "--json")) == []


def test_a_zone_is_created_once(command_line: CommandLine) -> None:
    words = ("zones", "ensure", "subaccount_id=s-1", "--name", "My Account")
    created = json.loads(command_line(*words, "--json"))
    assert created.pop("created") is True
    assert created["subdomain"] == "my-account-1"
    text = command_line(*words)
    assert text.splitlines()[0] == "index:     1"
    assert text.splitlines()[-1] == "The zone exists."
    assert "The zone was created." in command_line("zones", "ensure")
    [listed, _] = json.loads(command_line("zones", "list", "--json"))
    assert (listed["key"], listed["instances"]) == ("subaccount:s-1", 0)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("subaccount_id",), 2),
        (("=x",), 2),
        (("subaccount_id=s", "subaccount_id=t"), 2),
        (("subaccount_id=-",), 1),
        (("instance_name=x",), 1),
        (("clusterid=c",), 1),
        (("subaccount_id=s", "--platform", "unknown"), 1),
    ],
)
def test_other_members_create_no_zone(
    command_line: CommandLine, words: tuple[str, ...], status: int
) -> None:
    assert command_line.try_out("zones", "ensure", *words).exit_code == status


def test_a_split_is_shown_confirmed_and_done(mixed: CommandLine) -> None:
    shown = mixed("zones", "split", "zone-1", "--dry-run")
    assert shown.splitlines()[0] == "Dry run: nothing was changed."
    assert "one (one!t1) moves to zone 3" in shown
    assert "one loses the reference" in shown
    refused = mixed.try_out("zones", "split", "1", text="n\n")
    assert (refused.exit_code, len(json.loads(mixed("zones", "list", "--json")))) == (1, 2)
    tried = json.loads(mixed("zones", "split", "1", "--dry-run", "--json"))
    done = json.loads(mixed("zones", "split", "1", "--yes", "--json"))
    assert (tried["changed"], done["changed"]) == (False, True)
    assert [each["id"] for each in done["moved"]] == ["one", "two"]
    assert [each["id"] for each in tried["moved"]] == ["one", "two"]
    [reference] = done["dissolved_references"]
    assert (reference["instance"], reference["was"]) == ("one", "two!t1")
    listed = json.loads(mixed("zones", "list", "--json"))
    assert [each["instances"] for each in listed] == [0, 1, 1, 1]
    assert not any(each["mixed"] for each in listed)


def test_a_split_shows_how_many_assignments_end(command_line: CommandLine) -> None:
    domain = command_line.domain
    domain.use_zones(EarlierZones())
    place = {"context": {"platform": "sapcp", "subaccount_id": "three"}}
    domain.provision("app", descriptor("app", "All"), organization_guid="-", **place)
    assign(domain, stored_user(domain, domain.instance("app").client.zone), "All")
    mix_tenants(domain)
    shown = command_line("zones", "split", "1", "--dry-run")
    assert "Role collections of the moved instances lose 1 user and 0 mappings." in shown
    done = json.loads(command_line("zones", "split", "1", "--yes", "--json"))
    assert (done["ended_assignments"], done["ended_mappings"]) == (1, 0)


def test_what_stays_is_shown(mixed: CommandLine) -> None:
    place = {"context": {"platform": "sapcp", "subaccount_id": "two"}}
    mixed.domain.provision("successor", {"xsappname": "two"}, organization_guid="-", **place)
    shown = mixed("zones", "split", "1", text="y\n")
    assert "two (two!t1) stays: zone" in shown
    assert shown.splitlines()[-1] == "Moved 1 service instances."


def test_only_a_mixed_zone_is_split(mixed: CommandLine) -> None:
    for words in (("2", "--yes"), ("nowhere", "--yes"), ("9", "--dry-run")):
        assert mixed.try_out("zones", "split", *words).exit_code == 1
    assert mixed.try_out("zones", "split", "1", "--json").exit_code == 2
