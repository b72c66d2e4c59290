"""``data-keys``: the steps to replace keys, in order (D-12)."""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.domain import MASTER_KEYS

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def listed(command_line: CommandLine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command_line("data-keys", "list", "--json"))
    return found


def test_each_key_is_listed_with_its_dependents(command_line: CommandLine) -> None:
    keys = listed(command_line)
    assert sorted(key["purpose"] for key in keys) == ["digest", "seal"]
    assert all(key["newest"] and key["master_key"] == "test" for key in keys)
    assert {key["purpose"]: key["uses"] for key in keys} == {"seal": 1, "digest": 0}
    _, *lines = command_line("data-keys", "list").splitlines()
    assert sorted(line.split()[0] for line in lines) == sorted(key["id"] for key in keys)


def test_rotate_reseal_and_retire_leave_new_keys_alone(command_line: CommandLine) -> None:
    command_line.domain.provision("i", {"xsappname": "app"})
    credentials = command_line.domain.bind("i", "b")
    before = {key["id"] for key in listed(command_line)}
    command_line("data-keys", "rotate")
    command_line("data-keys", "reseal")
    command_line("data-keys", "retire")
    assert before < {key["id"] for key in listed(command_line)}
    command_line("data-keys", "retire", "--superseded-for", "0")
    after = listed(command_line)
    assert before.isdisjoint(key["id"] for key in after)
    assert sorted(key["purpose"] for key in after) == ["digest", "seal"]
    command_line.domain.keys.load()
    assert command_line.domain.accepts(credentials)


def test_one_purpose_may_be_rotated_alone(command_line: CommandLine) -> None:
    command_line("data-keys", "rotate", "--purpose", "seal")
    purposes = [key["purpose"] for key in listed(command_line)]
    assert sorted(purposes) == ["digest", "seal", "seal"]


def test_a_digest_without_a_stored_secret_names_its_binding(
    command_line: CommandLine,
) -> None:
    types = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}
    command_line.domain.provision("i", {"xsappname": "app", **types})
    command_line.domain.bind("i", "hidden", {"hide-secret": True})
    command_line("data-keys", "rotate")
    assert "hidden of i" in command_line("data-keys", "reseal")


def test_rewrap_moves_keys_to_the_first_master_key(
    command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"new": os.urandom(32), **MASTER_KEYS}
    text = ",".join(f"{name}:{base64.b64encode(key).decode()}" for name, key in keys.items())
    monkeypatch.setenv("XSUAA_MASTER_KEYS", text)
    command_line("data-keys", "rewrap")
    assert {key["master_key"] for key in listed(command_line)} == {"new"}
