"""Settings that a server warns of at its start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from broker.composition.addresses import settings_warnings
from broker.settings.model import Settings


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("XSUAA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def warned(**changes: Any) -> list[str]:
    fields: dict[str, Any] = {"public_url": "https://uaa.example.org", "domain": "example.org"}
    settings = Settings(mode="dev", **fields)
    return list(settings_warnings(settings.model_copy(update=changes)))


def test_production_on_sqlite_is_one_of_them() -> None:
    before = warned()
    url = SecretStr("sqlite:////var/lib/x.db")
    [added] = [each for each in warned(mode="production", database_url=url) if each not in before]
    assert "mode production runs on SQLite" in added
    assert warned(mode="dev", database_url=url) == before


def test_unknown_names_are_others() -> None:
    Path(".env").write_text("XSUAA_SOMETHING=1\n")
    assert "XSUAA_SOMETHING: is no setting (.env) and has no effect" in warned()
