"""The record of an installation in its state directory: mode, database, ports, addresses.

Servers write it; commands read it, so that they find the installation without the environment of
the server (decision 0075). It contains the database's password in mode dev only, in which the same
directory has the generated secrets.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from broker.errors import ConfigurationError
from broker.json_text.reader import MalformedJson, read_object
from broker.runtime.state_directory import (
    MASTER_KEYS_FILE,
    ensure_directory,
    replace_private,
)
from broker.settings.database import complete_url, name_of

if TYPE_CHECKING:
    from broker.settings.model import Settings

FILE: Final = "installation.json"

_RECORDED: Final = (
    *("host", "port", "tls_port"),
    *("public_url", "cert_url", "api_url", "domain"),
    "broker_user",
)

_ALIASES: Final = {"port": "PORT"}

_TYPES: Final = {"mode": str, "database": str, "url": str, "settings": dict}


class GivenSettings(BaseSettings):
    """The settings in the environment, unchecked, that a record may complete."""

    model_config = SettingsConfigDict(
        env_prefix="XSUAA_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    state_dir: Path = Path("var")
    mode: str = ""
    database_url: SecretStr = SecretStr("")
    master_keys: SecretStr = SecretStr("")
    host: str = ""
    port: str = Field(default="", validation_alias="PORT")
    tls_port: str = ""
    public_url: str = ""
    cert_url: str = ""
    api_url: str = ""
    domain: str = ""
    broker_user: str = ""

    @property
    def names_installation(self) -> bool:
        """Whether the environment names an installation without a record."""
        return bool({"mode", "database_url", "master_keys"} & self.model_fields_set)


@dataclass(frozen=True, slots=True)
class Installation:
    """What a state directory records."""

    mode: str
    database: str
    """The database's name, without user and password."""
    url: str
    """Its URL; '' for the default file, and where the URL is a secret."""
    settings: dict[str, Any]
    """Further settings by the names of their fields."""

    def missing_in(self, given: GivenSettings) -> dict[str, Any]:
        """Return the recorded settings that the environment lacks, as arguments of ``Settings``.

        They are none if the environment contradicts the record in mode or database: it then means
        another installation. Raises ConfigurationError if a secret URL is missing.
        """
        if given.mode not in {"", self.mode} or not self._is_database_of(given):
            return {}
        values: dict[str, Any] = {
            _ALIASES.get(name, name): value
            for name, value in self.settings.items()
            if name in _RECORDED and name not in given.model_fields_set
        }
        values["mode"] = self.mode
        if not given.database_url.get_secret_value():
            if self.database and not self.url:
                raise ConfigurationError(
                    f"XSUAA_DATABASE_URL: is not set; the installation in"
                    f" {given.state_dir.absolute()} uses {self.database}"
                )
            values["database_url"] = SecretStr(self.url)
        return values

    def _is_database_of(self, given: GivenSettings) -> bool:
        url = complete_url(given.database_url.get_secret_value())
        if not url:
            return True
        try:
            return str(name_of(url)) == (
                self.database or str(name_of(default_url(given.state_dir)))
            )
        except ValueError:
            return False


def record(settings: Settings) -> None:
    """Write the record of a complete configuration; raise ConfigurationError or OSError."""
    url = settings.database_url.get_secret_value()
    is_default = url == default_url(settings.state_dir)
    is_secret = settings.mode != "dev" and not settings.on_sqlite
    installation = Installation(
        settings.mode,
        "" if is_default else str(name_of(url)),
        "" if is_default or is_secret else url,
        {name: getattr(settings, name) for name in _RECORDED},
    )
    ensure_directory(settings.state_dir)
    text = json.dumps(asdict(installation), indent=2) + "\n"
    replace_private(settings.state_dir / FILE, text.encode())


def recorded(state_dir: Path) -> Installation | None:
    """Return the installation of this directory; None without one.

    A directory of an earlier version has generated master keys, but no record: its mode is dev.
    Raises ConfigurationError for a record that is malformed or belongs to another user.
    """
    file = state_dir / FILE
    try:
        owner, text = file.stat().st_uid, file.read_bytes()
    except FileNotFoundError:
        is_dev = (state_dir / MASTER_KEYS_FILE).exists()
        return Installation("dev", "", "", {}) if is_dev else None
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}.") from error
    if os.geteuid() not in {0, owner}:
        raise ConfigurationError(
            f"{file} belongs to another user: run the command as the user of the server, or set"
            " XSUAA_MODE and XSUAA_DATABASE_URL"
        )
    try:
        document = read_object(text)
    except MalformedJson as error:
        raise ConfigurationError(f"{file}: {error}; start the server to write it anew") from None
    if {name: type(value) for name, value in document.items()} != _TYPES:
        raise ConfigurationError(
            f"{file}: not a record of this version; start the server to write it anew"
        )
    return Installation(**document)


def default_url(state_dir: Path) -> str:
    """Return the URL of the database that is used without XSUAA_DATABASE_URL."""
    return f"sqlite:///{(state_dir / 'xsuaa.db').absolute()}"
