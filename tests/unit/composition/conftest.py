"""Settings that name a new SQLite file, in this process."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Any

import pytest

from broker.composition import administration
from broker.settings.environment import load_settings
from tests.support.domain import MASTER_KEYS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from broker.settings.model import Settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Return production settings with these variables."""
    for name in list(os.environ):
        if name == "PORT" or name.startswith(("XSUAA_", "VCAP_", "CF_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    [(key_id, key)] = MASTER_KEYS.items()
    common = {
        "XSUAA_DATABASE_URL": f"sqlite:///{tmp_path}/store.db",
        "XSUAA_MASTER_KEYS": f"{key_id}:{base64.b64encode(key).decode()}",
        "XSUAA_BROKER_PASSWORD": "password-of-this-test",
        "XSUAA_PUBLIC_URL": "https://uaa.example.org",
    }

    def leave_logging(*arguments: Any, **options: Any) -> None:
        """Configure nothing: loggers keep their first configuration as long as the process runs."""

    monkeypatch.setattr(administration, "configure_logging", leave_logging)

    def load(**variables: str) -> Settings:
        for name, value in (common | variables).items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return load
