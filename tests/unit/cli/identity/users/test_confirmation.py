"""The warning about the last administrator (I-160)."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from broker.cli.identity.users.confirmation import confirm_last_administrator
from tests.support.users import a_user


@pytest.mark.parametrize(("answer", "exit_code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_the_warning_goes_to_stderr_and_asks(answer: str, exit_code: int) -> None:
    @click.command()
    def command() -> None:
        confirm_last_administrator(a_user(), "Deactivate")

    result = CliRunner().invoke(command, input=answer)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert "anna is the last active administrator of zone zone-1." in result.stderr
    assert "Deactivate the user?" in result.stderr
