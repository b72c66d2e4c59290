"""The console without a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.console_world import ConsoleWorld

if TYPE_CHECKING:
    from tests.support.domain import Domain


@pytest.fixture
def world(domain: Domain) -> ConsoleWorld:
    """A console with one person for each role."""
    return ConsoleWorld(domain)
