"""``credentials list``: the credentials of clients, without any secret."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret", "x509"]}}


@pytest.fixture
def secret(command_line: CommandLine) -> str:
    """The secret of one of two bindings."""
    domain = command_line.domain
    domain.provision("i", {"xsappname": "app", **TYPES})
    domain.bind("i", "c", {"credential-type": "x509", "x509": {"validity": 2}})
    return str(domain.bind("i", "b")["clientsecret"])


def found(command_line: CommandLine, *options: str) -> list[Any]:
    document = json.loads(command_line("credentials", "list", "--json", *options))
    return sorted((each["type"], each["binding_id"], each["expires_at"]) for each in document)


def test_all_are_listed_as_json(command_line: CommandLine, secret: str) -> None:
    assert found(command_line) == [
        ("binding-secret", "b", None),
        ("x509", "c", "2030-01-03T00:00:00+00:00"),
    ]


@pytest.mark.parametrize(("within", "count"), [("0", 0), ("36500d", 1)])
def test_certificates_that_end_soon_may_be_asked_for(
    command_line: CommandLine, secret: str, within: str, count: int
) -> None:
    assert len(found(command_line, "--expiring", within)) == count


def test_lines_are_aligned_and_hold_no_secret(command_line: CommandLine, secret: str) -> None:
    header, *lines = command_line("credentials", "list").splitlines()
    column = header.index("CLIENT ID")
    assert [line[column:].split()[0] for line in lines] == ["sb-app!t1"] * 2
    assert any("2030-01-03T00:00:00Z" in line for line in lines)
    assert secret not in "".join(lines)
    assert secret.partition("$")[2] not in "".join(lines)


def test_they_are_filtered_by_instance_and_type(command_line: CommandLine, secret: str) -> None:
    command_line.domain.provision("j", {"xsappname": "other"}, context={"instance_name": "named"})
    command_line.domain.bind("j", "d")
    assert [each[0] for each in found(command_line, "--instance", "named")] == ["instance-secret"]
    assert [each[1] for each in found(command_line, "--type", "x509")] == ["c"]
    assert found(command_line, "--instance", "j", "--type", "x509") == []
    missing = command_line.try_out("credentials", "list", "--instance", "missing")
    assert (missing.exit_code, missing.stdout) == (1, "")
