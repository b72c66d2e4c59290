"""Misspelt settings stop the start with a suggestion; other unknown names are warnings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from broker.errors import ConfigurationError
from broker.settings.environment import load_installed_settings, load_settings
from broker.settings.names import unknown_names


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("XSUAA_", "VCAP_", "CF_")) or name == "PORT":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XSUAA_MODE", "dev")


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("XSUAA_DATABASE_URI", "XSUAA_DATABASE_URL"),
        ("XSUAA_MASTER_KEY", "XSUAA_MASTER_KEYS"),
        ("XSUAA_TSL_PORT", "XSUAA_TLS_PORT"),
        ("XSUAA_PORT", "PORT"),
        ("xsuaa_worker", "XSUAA_WORKERS"),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
def test_a_name_near_a_setting_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str, *, in_file: bool
) -> None:
    if in_file:
        Path(".env").write_text(f"{name}=never-shown\n")
    else:
        monkeypatch.setenv(name, "never-shown")
    for load in (load_settings, load_installed_settings):
        with pytest.raises(ConfigurationError) as caught:
            load()
        assert f"{name}: is no setting{' (.env)' * in_file}; did you mean {nearest}?" in str(
            caught.value
        )
        assert "never-shown" not in str(caught.value)


def test_a_misspelt_name_precedes_what_it_leaves_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XSUAA_MODE")
    monkeypatch.setenv("XSUAA_MODEE", "dev")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    first, *others = str(caught.value).splitlines()
    assert first == "XSUAA_MODEE: is no setting; did you mean XSUAA_MODE?"
    assert any(line.startswith("XSUAA_MASTER_KEYS: is not set") for line in others)


def test_other_names_have_no_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XSUAA_" + "Q" * 500, "x")
    Path(".env").write_text("XSUAA_SOMETHING=1\nOTHER=2\n")
    load_settings()
    first, second = map(str, unknown_names())
    assert len(first) < 200
    assert second == "XSUAA_SOMETHING: is no setting (.env) and has no effect"


def test_names_of_kubernetes_and_of_listeners_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a pod beside services named xsuaa and xsuaa-broker has them."""
    for service in ("XSUAA", "XSUAA_BROKER"):
        link = f"{service}_PORT_8080_TCP"
        for name, value in {
            f"{service}_SERVICE_HOST": "10.0.0.1",
            f"{service}_SERVICE_PORT": "8080",
            f"{service}_SERVICE_PORT_HTTP": "8080",
            f"{service}_PORT": "tcp://10.0.0.1:8080",
            link: "tcp://10.0.0.1:8080",
            f"{link}_PROTO": "tcp",
            f"{link}_PORT": "8080",
            f"{link}_ADDR": "10.0.0.1",
        }.items():
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("XSUAA_LISTENER_SOCKET_FDS", "7")
    monkeypatch.setenv("XSUAA_LIFELINE_FD", "8")
    assert list(unknown_names()) == []
    load_settings()
