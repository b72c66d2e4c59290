"""``roles explain``: paths to granted scopes, and what removed the missing ones."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.identity.user import Snapshot
from tests.support.rights import assign, map_
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.unit.cli.conftest import CommandLine

ZONE = ("--zone", "1")
DESCRIPTOR: dict[str, Any] = {
    "xsappname": "app",
    "scopes": [{"name": "$XSAPPNAME.read"}, {"name": "$XSAPPNAME.write"}],
    "role-templates": [
        {"name": "Reader", "scope-references": ["$XSAPPNAME.read", "uaa.user"]},
        {"name": "Writer", "scope-references": ["$XSAPPNAME.write", "other.look"]},
    ],
    "role-collections": [
        {"name": "Readers", "role-template-references": ["$XSAPPNAME.Reader"]},
        {"name": "Writers", "role-template-references": ["$XSAPPNAME.Writer"]},
    ],
}


@pytest.fixture
def anna(command_line: CommandLine) -> User:
    """A user of the zone of ``app!t1``, without role collections."""
    domain = command_line.domain
    domain.provision("i", DESCRIPTOR)
    return stored_user(domain, domain.instance("i").client.zone)


def explained(command_line: CommandLine, *words: str) -> dict[str, Any]:
    command = ("roles", "explain", "--user", "anna", "--client", "sb-app!t1", *ZONE, "--json")
    found: dict[str, Any] = json.loads(command_line(*command, *words))
    return found


def reasons(command_line: CommandLine, scope: str) -> list[str | None]:
    [each] = explained(command_line, "--scope", scope)["scopes"]
    return [path["removed_by"] for path in each["paths"]]


def test_paths_are_printed(command_line: CommandLine, anna: User) -> None:
    domain = command_line.domain
    assign(domain, anna, "Readers")
    assign(domain, anna, "Writers", expires_at=domain.clock.now() - timedelta(days=3000))
    text = command_line("roles", "explain", "--user", "Anna", "--client", "app!t1", *ZONE)
    assert text.splitlines()[0] == "Tokens of anna (sap.default) for sb-app!t1:"
    granted, missing = text.split("Missing scopes")
    assert (
        "\napp!t1.read\n  role collection Readers (assigned) > role Reader > role template Reader"
        " of app!t1\n"
    ) in granted
    assert "\nopenid\n  every user\n" in granted
    assert (
        "> role Writer > role template Writer of app!t1 - removed: the assignment has expired"
    ) in missing
    assert text.endswith("\nRole collections\n  Readers\n")


def test_json_names_every_step(command_line: CommandLine, anna: User) -> None:
    snapshot = Snapshot(("g",), {}, command_line.domain.clock.now() + timedelta(days=3000))
    ben = stored_user(command_line.domain, anna.zone, "ben", origin="corporate", snapshot=snapshot)
    map_(command_line.domain, ben, "Readers", "Groups", "g")
    command = ("roles", "explain", "--user", "ben", "--client", "sb-app!t1", "--zone")
    words = ("--origin", "corporate", "--scope", "app!t1.read", "--json")
    found = json.loads(command_line(*command, anna.zone.guid, *words))
    assert found["user"] == {"id": ben.user_id, "name": "ben", "origin": "corporate"}
    [scope] = found["scopes"]
    assert scope == {
        "scope": "app!t1.read",
        "granted": False,
        "paths": [
            {
                "role_collection": "Readers",
                "mapping": {"attribute": "Groups", "value": "g"},
                "expires_at": None,
                "role": "Reader",
                "role_template": "Reader",
                "application": "app!t1",
                "removed_by": "the user's identity provider is inactive",
            }
        ],
        "role_collections": [],
    }


@pytest.mark.parametrize(
    ("scope", "collection", "reason"),
    [
        ("app!t1.read", "Readers", None),
        ("app!t1.read", "Writers", "no role in the user's role collections contains the scope"),
        ("app!t1.other", "Readers", "the client's application does not define the scope"),
        (
            "other!t1.look",
            "Writers",
            "the reference of the role template is pinned to no application",
        ),
        ("xs_user.read", None, "foreign-scope-references do not name the scope, or it is not"),
        ("profile", None, "the client's descriptor does not name the scope"),
        ("other!t1.look", None, "granted-apps does not grant the scope to the client's"),
    ],
)
def test_a_missing_scope_has_a_reason(
    command_line: CommandLine, anna: User, scope: str, collection: str | None, reason: str | None
) -> None:
    if collection is not None:
        assign(command_line.domain, anna, collection)
    [found] = reasons(command_line, scope)
    assert (found or "").startswith(reason or "")
    assert (found is None) == (reason is None)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--user", "ben", "--client", "sb-app!t1", *ZONE), "has no user ben of origin sap.def"),
        (
            ("--user", "anna", "--client", "sb-b!t1", *ZONE),
            "has no application sb-b!t1:",
        ),
        (("--user", "anna", "--client", "app!t1", "--zone", "7"), "There is no zone 7;"),
        (
            ("--user", "anna", "--client", "app!t1", "--origin", "x", *ZONE),
            "has no user anna of origin x.",
        ),
    ],
)
def test_unknown_names(
    command_line: CommandLine, anna: User, words: tuple[str, ...], text: str
) -> None:
    result = command_line.try_out("roles", "explain", *words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert text in result.stderr


def test_control_characters_are_not_printed(command_line: CommandLine, anna: User) -> None:
    command = ("roles", "explain", "--user", "anna", "--client", "app!t1", *ZONE)
    text = command_line(*command, "--scope", "a\x1b[2J")
    assert "\na?[2J\n  no role collection - removed: granted-apps does not grant" in text
