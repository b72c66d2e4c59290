"""Commands on users, over the database of a running server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.platform import ORGANIZATION, a_guid

if TYPE_CHECKING:
    from tests.support.server import Server

PASSWORD = "three grey herons wade\n"


def test_a_user_lives_from_its_creation_to_its_deletion(server: Server) -> None:
    """I-02, I-09, I-10: the id ends with the user, and the audit trail keeps it."""
    server.command("zones", "ensure", f"organization_guid={ORGANIZATION}")
    zone = ("--zone", ORGANIZATION, "--json")
    name = f"Änna {a_guid()}"
    email = ("--email", "anna@example.org")

    def command(verb: str, *options: str, stdin: str = "") -> Any:
        return json.loads(server.command("users", verb, *options, *zone, stdin=stdin).stdout)

    created = command("add", name, *email, "--password-stdin", stdin=PASSWORD)
    taken = server.command(
        "users", "add", name.upper(), *email, "--password-stdin", *zone,
        check=False, stdin=PASSWORD,
    )  # fmt: skip
    assert (taken.returncode, taken.stdout) == (1, "")
    assert "already" in taken.stderr
    assert [each["id"] for each in command("list", "--name", name.lower())] == [created["id"]]
    assert command("deactivate", name)["active"] is False
    exported = command("export", name.upper())
    assert exported["user"]["active"] is False
    assert len(exported["password"]) == 1
    actions = [each["action"] for each in exported["audit_events"]]
    assert sorted(actions) == ["create-user", "deactivate-user", "set-password"]
    assert PASSWORD.strip() not in json.dumps(exported)
    assert command("delete", name, "--yes")["deleted"]
    assert server.command("users", "show", name, *zone, check=False).returncode == 1
    audited = server.command("audit", "list", "--subject", created["id"], "--json").stdout
    last = json.loads(audited.splitlines()[-1])
    assert (last["action"], last["details"]["name"]) == ("delete-user", name)
