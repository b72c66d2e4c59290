"""``users show``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from broker.identity.user import Snapshot
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_role_collections_by_mappings_are_shown(users: CommandLine) -> None:
    domain = users.domain
    zone = domain.transactions.read(lambda store: store.zones.named("1"))
    assert zone is not None
    snapshot = Snapshot(("staff", "admins"), {}, NOW)
    for name, provided in (("cleo", snapshot), ("dora", None)):
        stored_user(domain, zone, name, origin="corp", snapshot=provided)
    for group in ("staff", "admins", "guests"):
        collection = "Subaccount Viewer" if group == "guests" else "Subaccount Administrator"
        users("role-collections", "map", collection, "--zone=1", "--origin=corp", "--group", group)
    words = ("--zone", "1", "--origin", "corp")
    cleo, dora = (
        json.loads(users("users", "show", name, *words, "--json")) for name in ("cleo", "dora")
    )
    assert cleo["mapped_role_collections"] == ["Subaccount Administrator"]
    assert (cleo["role_collections"], dora["mapped_role_collections"]) == ([], [])
    assert "MAPPED ROLE COLLECTIONS" in users("users", "show", "cleo", *words)


def test_a_user_is_shown_by_name_and_origin(users: CommandLine) -> None:
    shown = users("users", "show", "anna", "--zone", "zone-1")
    assert "EMAIL" in shown
    assert "anna@example.org" in shown
    berta = ("users", "show", "berta", "--zone", "1", "--origin", "corp", "--json")
    found = json.loads(users(*berta))
    assert (found["external_id"], found["last_administrator"]) == ("sub-b", False)
    assert found["role_collections"] == []
    users("users", "create-admin", "--zone", "1", "--name", "root")
    root = json.loads(users("users", "show", "root", "--zone", "1", "--json"))
    assert root["role_collections"] == ["Subaccount Administrator"]
    assert "ROLE COLLECTIONS" in users("users", "show", "root", "--zone", "1")
    missing = users.try_out("users", "show", "berta", "--zone", "1")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "has no user berta." in missing.stderr
