"""A database and its commands, run in this process."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from click.testing import CliRunner
from structlog.testing import capture_logs

from broker.cli import main
from broker.composition import administration
from broker.logs import structured
from tests.support.domain import MASTER_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click.testing import Result

    from tests.support.domain import Domain


@dataclass(frozen=True)
class CommandLine:
    """Runs commands on a database that tests fill beforehand."""

    domain: Domain
    directory: Path

    def try_out(self, *words: str, text: str | None = None) -> Result:
        """Return the output and the exit status of a command."""
        with capture_logs():  # the default would print into the command's output
            return CliRunner().invoke(main, words, input=text)

    def __call__(self, *words: str, text: str | None = None) -> str:
        """Return the output of a successful command."""
        result = self.try_out(*words, text=text)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def command_line(
    on_sqlite: Domain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[CommandLine]:
    """The commands on a new SQLite file, with bare production settings."""
    for name in list(os.environ):
        if name == "PORT" or name.startswith(("XSUAA_", "VCAP_", "CF_")):
            monkeypatch.delenv(name)
    [(key_id, key)] = MASTER_KEYS.items()
    monkeypatch.setenv("XSUAA_MODE", "production")
    monkeypatch.setenv("XSUAA_DATABASE_URL", on_sqlite.database_url)
    monkeypatch.setenv("XSUAA_MASTER_KEYS", f"{key_id}:{base64.b64encode(key).decode()}")
    monkeypatch.setenv("XSUAA_BROKER_PASSWORD", "password-of-this-test")
    monkeypatch.setenv("XSUAA_PUBLIC_URL", "https://uaa.example.org")
    monkeypatch.chdir(tmp_path)

    def leave_logging(*arguments: Any, **options: Any) -> None:
        """Configure nothing: loggers keep their first configuration as long as the process runs."""

    monkeypatch.setattr(administration, "configure_logging", leave_logging)
    monkeypatch.setattr(structured, "configure_logging", leave_logging)
    before = structlog.get_config()
    structlog.reset_defaults()
    yield CommandLine(on_sqlite, tmp_path)
    structlog.configure(**before)
