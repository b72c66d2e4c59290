"""A database with a service instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

TYPES = {"oauth2-configuration": {"credential-types": ["instance-secret", "binding-secret"]}}
DESCRIPTOR = {"xsappname": "app", "authorities": ["b.read"], **TYPES}


@pytest.fixture
def filled(command_line: CommandLine) -> CommandLine:
    """A database with an instance and a binding that shows its secret."""
    command_line.domain.provision("i", DESCRIPTOR, context={"instance_name": "my-uaa"})
    command_line.domain.bind("i", "b")
    return command_line
