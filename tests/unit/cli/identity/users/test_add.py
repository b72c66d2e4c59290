"""``users add``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

CLEO = ("users", "add", "cleo", "--email", "c@example.org", "--zone", "1")
PASSWORD = "three grey herons wade"


def test_a_local_user_is_created_with_its_password(users: CommandLine) -> None:
    names = ("--given-name", "Cleo", "--family-name", "C", "--password-stdin", "--json")
    created = json.loads(users(*CLEO, *names, text=f"{PASSWORD}\n"))
    assert (created["origin"], created["name"], created["active"]) == ("sap.default", "cleo", True)
    shown = json.loads(users("users", "show", "CLEO", "--zone", "1", "--json"))
    assert (shown["id"], shown["given_name"]) == (created["id"], "Cleo")
    text = users(*CLEO[:2], "doris", *CLEO[3:], "--password-stdin", text=PASSWORD)
    assert text.startswith("Created user doris with id ")


@pytest.mark.parametrize(
    ("options", "text", "error"),
    [
        ((), "", "no password for a user of sap.default"),
        (("--password-stdin",), "", "password on stdin"),
        (("--password-stdin",), "short", "at least 15 characters"),
        (("--origin", "nowhere"), "", "no identity provider nowhere"),
        (("--external-id", "sub", "--password-stdin"), PASSWORD, "have no external id"),
    ],
    ids=["missing", "empty", "short", "provider", "external id"],
)
def test_a_refused_user_is_an_error(
    users: CommandLine, options: tuple[str, ...], text: str, error: str
) -> None:
    refused = users.try_out(*CLEO, *options, text=text)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert error in refused.stderr
    assert users("users", "list", "--zone", "1", "--name", "cleo") == "No users found.\n"
