"""``serve`` hands the settings to the supervisor and ends with its status."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from broker.server import supervisor

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


@pytest.mark.parametrize(
    ("words", "only", "status"), [(("serve",), "", 0), (("serve", "--only", "tokens"), "tokens", 3)]
)
def test_it_serves_the_requested_parts(
    command_line: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    only: str,
    status: int,
) -> None:
    # Listeners read it in separate processes; here it must not outlive the test.
    monkeypatch.setenv("XSUAA_ONLY", "")
    served: list[Any] = []

    def serve(settings: Any, on_ready: Any) -> int:
        served.append(settings)
        on_ready(settings)
        return status

    monkeypatch.setattr(supervisor, "serve", serve)
    result = command_line.try_out(*words)
    assert (result.exit_code, [settings.only for settings in served]) == (status, [only])
    assert os.environ["XSUAA_ONLY"] == only
    assert "password-of-this-test" not in result.output
