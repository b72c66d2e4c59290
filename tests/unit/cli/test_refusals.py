"""``refusals list``: counts of failed authentications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authentication.refused_attempts import RefusedAttempts
from tests.support.instances import START

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_counts_are_listed_with_known_details(command_line: CommandLine) -> None:
    attempts = [
        RefusedAttempts(START, "192.0.2.1", "wrong secret", "sb-app!t1", 7),
        RefusedAttempts(START.replace(minute=1), "192.0.2.2", "wrong secret", "", 1),
    ]
    command_line.domain.transactions.run(lambda found: found.refused_attempts.add(attempts))
    _, *lines = command_line("refusals", "list").splitlines()
    assert [line.split()[:5] for line in lines] == [
        ["2030-01-01", "00:00Z", "7", "192.0.2.1", "sb-app!t1"],
        ["2030-01-01", "00:01Z", "1", "192.0.2.2", "-"],
    ]
    assert len(command_line("refusals", "list", "--limit", "1").splitlines()) == 2
