"""The user's migration from instance secrets to binding secrets (A1 to A8)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from tests.journeys.walkthrough import MigrationWalkthrough

if TYPE_CHECKING:
    from tests.support.platform import PlatformClient


def test_every_step_of_the_migration_is_as_documented(platform: PlatformClient) -> None:
    walkthrough = MigrationWalkthrough(platform, name_suffix=f"-{uuid4().hex[:8]}")
    steps = list(walkthrough.steps())
    differing = [
        f"{step.command}: {what}, got {got}"
        for step in steps
        for what, passed, got in step.checks
        if not passed
    ]
    assert differing == []
    assert len(steps) > 20
