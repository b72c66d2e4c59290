"""The JSON document of a user."""

from __future__ import annotations

import json

from broker.cli.identity.users.options import document, user_name
from broker.identity.users.find import UserName
from tests.support.users import a_user


def test_a_user_without_logon_has_no_times_of_it() -> None:
    shown = json.loads(json.dumps(document(a_user(email="anna@example.org"))))
    assert (shown["email"], shown["last_logon_at"]) == ("anna@example.org", None)
    assert shown["created_at"] == "2030-01-01T00:00:00+00:00"
    assert user_name("1", "corp", "anna") == UserName("1", "anna", "corp")
