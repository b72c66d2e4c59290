"""``roles holders``: users by assignments, and the mappings that give a scope."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support.rights import assign, map_
from tests.support.user_grants import a_descriptor
from tests.support.users import stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.unit.cli.conftest import CommandLine

COMMAND = ("roles", "holders", "--zone", "1", "--client", "app", "--scope")


@pytest.fixture
def anna(command_line: CommandLine) -> User:
    """A user with the scope; a mapping gives it to others."""
    domain = command_line.domain
    domain.provision("i", a_descriptor("app"))
    user = stored_user(domain, domain.instance("i").client.zone)
    assign(domain, user, "app readers")
    map_(domain, replace(user, origin="corporate"), "app readers", "Groups", "g")
    return user


def test_holders_are_printed(command_line: CommandLine, anna: User) -> None:
    text = command_line(*COMMAND, "read", "--wide")
    assert ["anna", "sap.default", "app", "readers", "yes", "test"] in [
        line.split()[:6] for line in text.splitlines()
    ]
    assert "app readers             corporate  Groups     g" in text
    assert "No active user" in command_line(*COMMAND, "write")
    assert "Every user has openid" in command_line(*COMMAND, "openid")
    assert "No active user" in command_line(*COMMAND, "read", "--text", "zoe")


def test_json(command_line: CommandLine, anna: User) -> None:
    found = json.loads(command_line(*COMMAND, "$XSAPPNAME.read", "--json"))
    assert found == {
        "scope": "app!t1.read",
        "client": "sb-app!t1",
        "role_collections": ["app readers"],
        "every_user": False,
        "complete": True,
        "users": [
            {
                "id": anna.user_id,
                "name": "anna",
                "origin": "sap.default",
                "role_collection": "app readers",
                "granted": True,
                "removed_by": None,
                "assigned_by": "test",
                "expires_at": None,
            }
        ],
        "mappings": [
            {
                "role_collection": "app readers",
                "origin": "corporate",
                "attribute": "Groups",
                "value": "g",
            }
        ],
    }


def test_unknown_names(command_line: CommandLine, anna: User) -> None:
    result = command_line.try_out(
        "roles", "holders", "--zone", "1", "--client", "b", "--scope", "x"
    )
    assert (result.exit_code, result.stdout) == (1, "")
    assert "has no application b: no client id" in result.stderr
