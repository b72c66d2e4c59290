"""Settings of a gunicorn server that is never started."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

import pytest

from broker.server.listeners import CERTIFICATE_VARIABLE, KEY_VARIABLE, SOCKETS_VARIABLE
from broker.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Settings:
    """Production settings of three workers, and the variables of a supervisor."""
    for name in list(os.environ):
        if name == "PORT" or name.startswith("XSUAA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(SOCKETS_VARIABLE, "7 8 9")
    monkeypatch.setenv(CERTIFICATE_VARIABLE, "/state/cert.pem")
    monkeypatch.setenv(KEY_VARIABLE, "/state/key.pem")
    key = "k:" + base64.b64encode(os.urandom(32)).decode()
    return Settings(broker_password="a-password-of-tests", master_keys=key, workers=3, threads=4)  # type: ignore[arg-type]  # as texts
