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
        (("--password-stdin",), "", "password on stdin"),
        (("--password-stdin",), "short", "at least 15 characters"),
        (("--origin", "nowhere"), "", "no identity provider nowhere"),
        (("--external-id", "sub", "--password-stdin"), PASSWORD, "have no external id"),
    ],
    ids=["empty", "short", "provider", "external id"],
)
def test_a_refused_user_is_an_error(
    users: CommandLine, options: tuple[str, ...], text: str, error: str
) -> None:
    refused = users.try_out(*CLEO, *options, text=text)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert error in refused.stderr
    assert users("users", "list", "--zone", "1", "--name", "cleo") == "No users found.\n"


def test_the_password_of_a_local_user_is_required(users: CommandLine) -> None:
    refused = users.try_out(*CLEO)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "Give --password-stdin: users of sap.default need one." in refused.stderr


def test_a_user_whose_logon_would_be_refused_is_warned_of(users: CommandLine) -> None:
    """D-38: without an external id, only trusted names identify a user."""
    provider = ("--issuer", "https://idp.example.org", "--client-id", "c", "--zone", "1")
    users("providers", "add", "corp", *provider)
    warned = users.try_out(*CLEO, "--origin", "corp")
    assert warned.exit_code == 0
    assert "names of corp are not trusted" in warned.stderr
    add = ("--email", "d@example.org", "--zone", "1", "--origin", "corp")
    with_id = users.try_out("users", "add", "doris", *add, "--external-id", "7")
    assert (with_id.exit_code, with_id.stderr) == (0, "")
    document = json.dumps({"trustedUserNames": True})
    users("providers", "set", "corp", "--zone", "1", "--file", "-", text=document)
    trusted = users.try_out("users", "add", "emil", *add)
    assert (trusted.exit_code, trusted.stderr) == (0, "")
