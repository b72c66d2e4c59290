"""The record of an installation, and how it completes the environment (decision 0075)."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from broker.errors import ConfigurationError
from broker.settings.environment import load_installed_settings, load_settings
from broker.settings.installation import FILE, record, recorded

STRONG = {
    "XSUAA_MODE": "production",
    "XSUAA_BROKER_PASSWORD": "password-of-this-test",
    "XSUAA_MASTER_KEYS": "k1:Jq5mB3xW0r7uYF2kTn8vQe1hLs4dGp6aZc9iXoRbUyE=",
}


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("XSUAA_", "VCAP_", "CF_")) or name == "PORT":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def serve(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    """Write what a server with these settings leaves behind."""
    with monkeypatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        settings = load_settings()
        record(settings)
        if settings.on_sqlite:
            Path(settings.database_url.get_secret_value().removeprefix("sqlite:///")).touch()


def test_commands_use_the_settings_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(
        monkeypatch,
        XSUAA_MODE="dev",
        PORT="9001",
        XSUAA_TLS_PORT="9002",
        XSUAA_PUBLIC_URL="https://uaa.example.org",
    )
    found = load_installed_settings()
    assert (found.mode, found.port, found.tls_port) == ("dev", 9001, 9002)
    assert found.public_url == "https://uaa.example.org"
    assert found.database_url.get_secret_value().endswith("/var/xsuaa.db")
    assert found.master_keys.get_secret_value()
    assert found.broker_password.get_secret_value()


def test_the_environment_is_stronger_than_the_record(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, XSUAA_MODE="dev", PORT="9001")
    monkeypatch.setenv("PORT", "9003")
    monkeypatch.setenv("XSUAA_MODE", "dev")
    assert load_installed_settings().port == 9003


@pytest.mark.parametrize(
    "other", [{}, {"XSUAA_DATABASE_URL": "postgresql://u:w@db.example.org/xsuaa"}]
)
def test_an_environment_of_another_installation_gets_nothing_from_the_record(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, str]
) -> None:
    """A folder in which mode dev was tried never lends that mode to a production database."""
    serve(monkeypatch, XSUAA_MODE="dev", PORT="9001")
    Path("var/xsuaa.db").touch()
    for name, value in (STRONG | other).items():
        if other and name == "XSUAA_MODE":
            continue  # the database alone says it
        monkeypatch.setenv(name, value)
    found = load_installed_settings()
    assert (found.mode, found.port) == ("production", 8080)


def test_a_database_of_mode_dev_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://u:w@db.example.org/xsuaa"
    serve(monkeypatch, XSUAA_MODE="dev", XSUAA_DATABASE_URL=url)
    found = load_installed_settings().database_url.get_secret_value()
    assert found == url.replace("postgresql", "postgresql+psycopg")
    monkeypatch.setenv("XSUAA_DATABASE_URL", url)
    assert load_installed_settings().mode == "dev"


def test_a_secret_url_is_not_written_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql://u:very-secret@db.example.org/xsuaa?sslpassword=very-secret"
    serve(monkeypatch, **STRONG, XSUAA_DATABASE_URL=url)
    assert "secret" not in Path("var", FILE).read_text()
    for name, value in STRONG.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=r"uses PostgreSQL xsuaa at db\.example\.org:5432"):
        load_installed_settings()


def test_the_record_is_for_its_owner_only(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.umask(0)
    try:
        serve(monkeypatch, XSUAA_MODE="dev")
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("var", FILE).stat().st_mode) == 0o600


def test_a_folder_without_an_installation_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_installed_settings()
    assert f"no installation in {tmp_path}/var" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_mode_dev_alone_creates_nothing_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    with pytest.raises(ConfigurationError) as caught:
        load_installed_settings()
    assert f"{tmp_path}/var/master-keys does not exist" in str(caught.value)
    assert f"The database {tmp_path}/var/xsuaa.db does not exist" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    assert load_installed_settings(creates=True).mode == "dev"


def test_the_state_directory_of_an_earlier_version_is_one_of_mode_dev() -> None:
    Path("var").mkdir()
    for name in ("master-keys", "broker-password", "xsuaa.db"):
        Path("var", name).write_text("k1:Jq5mB3xW0r7uYF2kTn8vQe1hLs4dGp6aZc9iXoRbUyE=")
    assert load_installed_settings().mode == "dev"


@pytest.mark.parametrize(
    "document",
    [
        "",
        "[]",
        "{}",
        {"mode": 1, "database": "", "url": "", "settings": {}},
        {"mode": "dev", "database": "", "url": "", "settings": {}, "more": 1},
    ],
)
def test_another_file_in_its_place_is_refused(document: Any) -> None:
    Path("var").mkdir()
    text = document if isinstance(document, str) else json.dumps(document)
    Path("var", FILE).write_text(text)
    with pytest.raises(ConfigurationError, match="start the server to write it anew"):
        recorded(Path("var"))


def test_a_record_of_another_user_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve(monkeypatch, XSUAA_MODE="dev")
    owner = Path("var", FILE).stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    with pytest.raises(ConfigurationError, match="belongs to another user"):
        load_installed_settings()
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert load_installed_settings().mode == "dev"


def test_other_members_of_the_record_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, XSUAA_MODE="dev")
    file = Path("var", FILE)
    document = json.loads(file.read_text())
    document["settings"]["failure_limit"] = 0
    file.write_text(json.dumps(document))
    assert load_installed_settings().failure_limit == 20
