"""``instances delete``: the rules and the audit of a deprovision."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import InstanceNotFound

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret", "x509"]}}


@pytest.fixture
def filled(command_line: CommandLine) -> CommandLine:
    """A database with an instance, a service key and an application's binding."""
    domain = command_line.domain
    domain.provision("i", {"xsappname": "app", **TYPES}, context={"instance_name": "my-uaa"})
    domain.bind("i", "key", {"credential-type": "x509"})
    return command_line


def bound(filled: CommandLine) -> Any:
    """Bind an application, and use the credentials."""
    credentials = filled.domain.bind("i", "b", app_guid="app-1")
    client = filled.domain.authenticator.authenticate(
        credentials["clientid"], credentials["clientsecret"]
    )
    assert client.credential_id is not None
    filled.domain.count_use(client.credential_id)
    return credentials


def exists(filled: CommandLine) -> bool:
    try:
        filled.domain.instance("i")
    except InstanceNotFound:
        return False
    return True


def test_a_dry_run_shows_the_bindings_with_their_last_use(filled: CommandLine) -> None:
    credentials = bound(filled)
    text = filled("instances", "delete", "i", "--dry-run")
    lines = [line.split() for line in text.splitlines()]
    assert ["name:", "my-uaa"] in lines
    assert ["b", "binding-secret", "2030-01-01T00:00:00Z", "app-1"] in lines
    assert ["key", "x509", "-", "-"] in lines
    assert text.endswith("Dry run: nothing was deleted.\n")
    assert filled.domain.accepts(credentials)


def test_it_is_confirmed_and_audited(filled: CommandLine) -> None:
    credentials = bound(filled)
    refused = filled.try_out("instances", "delete", "i", text="n\n")
    assert (refused.exit_code, exists(filled)) == (1, True)
    filled("instances", "delete", "i", text="y\n")
    assert (exists(filled), filled.domain.accepts(credentials)) == (False, False)
    events = [json.loads(line) for line in filled("audit", "list", "--json").splitlines()]
    [event] = [each for each in events if each["action"] == "deprovision"]
    assert (event["actor"]["kind"], event["platform"]) == ("command-line", "default")
    assert event["details"]["app_id"] == "app!t1"


def test_without_a_terminal_it_needs_the_flag(filled: CommandLine) -> None:
    assert filled.try_out("instances", "delete", "i", text="").exit_code == 1
    assert exists(filled)
    filled("instances", "delete", "i", "--yes")
    assert not exists(filled)
    again = filled.try_out("instances", "delete", "i", "--yes")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "There is no service instance with" in again.stderr


def test_the_name_is_reserved_for_its_space(filled: CommandLine) -> None:
    """D-30, as after a deprovision."""
    filled("instances", "delete", "i", "--yes")
    assert "is released" in filled("instances", "release-name", "app!t1")
