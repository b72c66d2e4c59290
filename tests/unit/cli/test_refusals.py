"""``refusals list``: counts of failed authentications."""

from __future__ import annotations

import json
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
        ["2030-01-01T00:00:00Z", "7", "192.0.2.1", "sb-app!t1", "wrong"],
        ["2030-01-01T00:01:00Z", "1", "192.0.2.2", "-", "wrong"],
    ]
    assert len(command_line("refusals", "list", "--limit", "1").splitlines()) == 2
    [_, listed] = json.loads(command_line("refusals", "list", "--json"))
    assert listed == {
        "minute": "2030-01-01T00:01:00+00:00",
        "source": "192.0.2.2",
        "reason": "wrong secret",
        "client_id": "",
        "attempts": 1,
    }
