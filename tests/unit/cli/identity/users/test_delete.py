"""``users delete``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

DELETE = ("users", "delete", "anna", "--zone", "1")


def test_a_deletion_is_confirmed_and_says_what_the_audit_keeps(users: CommandLine) -> None:
    """I-10."""
    declined = users.try_out(*DELETE, text="n\n")
    assert declined.exit_code == 1
    assert "until audit prune deletes" in declined.stderr
    assert "changes of its attributes with their values" in declined.stderr
    assert users("users", "show", "anna", "--zone", "1")
    assert users(*DELETE, text="y\n").startswith("Deleted user anna. The audit trail keeps")
    assert users.try_out(*DELETE, "--yes").exit_code == 1
    berta = ("users", "delete", "berta", "--origin", "corp", "--zone", "1", "--yes", "--json")
    deleted = json.loads(users(*berta))
    assert deleted["deleted"]
    events = users("audit", "list", "--action", "delete-user", "--json").splitlines()
    assert [json.loads(each)["details"]["name"] for each in events] == ["anna", "berta"]
