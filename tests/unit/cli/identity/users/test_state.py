"""``users deactivate``, ``users activate`` and ``users end-sessions``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from broker.authorization.collections.assign import AssignCollections
from broker.authorization.collections.names import ADMINISTRATORS
from broker.identity.users.find import UserName
from broker.store.identity.users import StoredUsers
from tests.support.domain import OPERATOR
from tests.support.user_rows import fill

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

ANNA = ("anna", "--zone", "1")


def test_a_user_is_deactivated_and_activated(users: CommandLine) -> None:
    """I-09."""
    document = json.loads(users("users", "deactivate", *ANNA, "--json"))
    assert (document["active"], document["ended"]["sessions"]) == (False, 0)
    assert users("users", "deactivate", *ANNA) == "User anna is inactive already.\n"
    assert "inactive" in users("users", "list", "--zone", "1")
    assert users("users", "activate", *ANNA) == "User anna is active.\n"
    assert json.loads(users("users", "activate", *ANNA, "--json"))["active"]
    assert users("users", "deactivate", *ANNA) == (
        "Deactivated user anna. Ended all access tokens.\n"
    )


def test_the_number_of_ended_sessions_is_printed(users: CommandLine) -> None:
    """I-09."""
    identifier = json.loads(users("users", "show", *ANNA, "--json"))["id"]
    user = StoredUsers(users.domain.engine).find(identifier)
    assert user
    fill(users.domain, user)
    ended = users("users", "end-sessions", *ANNA)
    assert "1 session, 1 code, 1 refresh token, 1 passcode, 1 password link." in ended
    again = json.loads(users("users", "end-sessions", *ANNA, "--json"))
    assert set(again["ended"].values()) == {0}


def test_the_last_administrator_is_deactivated_after_a_confirmation(users: CommandLine) -> None:
    """I-160."""
    assign = AssignCollections(users.domain.transactions).assign
    assert assign(OPERATOR, UserName("1", "anna"), ADMINISTRATORS)
    declined = users.try_out("users", "deactivate", *ANNA, text="n\n")
    assert (declined.exit_code, declined.stdout) == (1, "")
    assert "anna is the last active administrator of zone zone-1." in declined.stderr
    assert json.loads(users("users", "show", *ANNA, "--json"))["last_administrator"]
    users("users", "deactivate", *ANNA, text="y\n")
    shown = json.loads(users("users", "show", *ANNA, "--json"))
    assert (shown["active"], shown["last_administrator"]) == (False, False)
