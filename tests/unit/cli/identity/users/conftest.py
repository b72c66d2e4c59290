"""A zone with two users, on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.user_rows import DESCRIPTOR
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def users(command_line: CommandLine) -> CommandLine:
    """The commands on a zone with the users anna and berta of different origins."""
    zone = command_line.domain.provision("i", DESCRIPTOR).instance.client.zone
    stored_user(command_line.domain, zone, email="anna@example.org", given_name="Anna")
    stored_user(command_line.domain, zone, "berta", origin="corp", external_id="sub-b")
    return command_line
