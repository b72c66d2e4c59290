"""Every setting, read once from the environment, checked as a whole, then frozen (D-25).

``.env.example`` documents each variable; a test compares the two.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from broker import cloudfoundry, state
from broker.descriptor.model import CredentialType
from broker.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "XSUAA_"

_DEFAULT_TYPES = {
    "classic": (CredentialType.INSTANCE_SECRET,),
    "current": (CredentialType.BINDING_SECRET, CredentialType.X509),
}
_MASTER_KEY_BYTES = 32


class Settings(BaseSettings):
    """The configuration of one process; ``load`` fills in defaults that depend on others."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    mode: Literal["dev", "production"] = "production"
    state_dir: Path = Path("var")

    host: str = "0.0.0.0"  # noqa: S104 - production default; dev binds 127.0.0.1
    port: int = Field(default=8080, ge=1, le=65_535, validation_alias="PORT")
    tls_port: int = Field(default=8443, ge=0, le=65_535)
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    workers: int = Field(default_factory=lambda: len(os.sched_getaffinity(0)), ge=1, le=64)
    threads: int = Field(default=8, ge=1, le=256)

    public_url: str = ""
    cert_url: str = ""
    api_url: str = ""
    domain: str = ""

    database_url: SecretStr = SecretStr("")
    master_keys: SecretStr = SecretStr("")

    broker_user: str = Field(default="broker", min_length=1, pattern=r"^[^:]+$")
    broker_password: SecretStr = SecretStr("")
    broker_password_previous: SecretStr = SecretStr("")

    credential_profile: Literal["classic", "current"] = "classic"
    default_credential_types: Annotated[tuple[CredentialType, ...], NoDecode] = ()
    instance_secret_relist_days: int = Field(default=7, ge=0, le=365)
    payload_service_instance_id: bool = True

    token_validity: int = Field(default=43_200, ge=60, le=86_400)
    token_backdate: int = Field(default=5, ge=0, le=60)
    key_reload_interval: int = Field(default=10, ge=1, le=300)

    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    lock_timeout: int = Field(default=45, ge=1, le=55)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text", "auto"] = "auto"

    @field_validator("default_credential_types", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value

    @field_validator("public_url", "cert_url", "api_url")
    @classmethod
    def _an_origin(cls, value: str) -> str:
        if not value:
            return value
        url = urlsplit(value)
        if (
            url.scheme not in {"http", "https"}
            or not url.hostname
            or url.path.strip("/")
            or url.query
        ):
            raise ValueError("must be an origin such as https://uaa.example.org, without a path")
        return value.rstrip("/")  # a slash at the end would double in every URL built from it

    @field_validator("domain")
    @classmethod
    def _without_scheme(cls, value: str) -> str:
        if value and not re.fullmatch(
            r"[A-Za-z0-9.\-]+(:[0-9]+)?|\[[0-9a-fA-F:]+\](:[0-9]+)?", value
        ):
            raise ValueError(
                "must be a host name without scheme, such as authentication.example.org"
            )
        return value

    @field_validator("master_keys")
    @classmethod
    def _well_formed(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            parse_master_keys(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError("XSUAA_TLS_CERTIFICATE_FILE and XSUAA_TLS_KEY_FILE go together")
        return self

    @property
    def default_types(self) -> tuple[CredentialType, ...]:
        """The credential types of an instance whose descriptor names none (D-01)."""
        return self.default_credential_types or _DEFAULT_TYPES[self.credential_profile]

    @property
    def mints_instance_secrets(self) -> bool:
        """Whether new bindings may get an instance secret (D-01)."""
        return self.credential_profile == "classic"

    @property
    def broker_passwords(self) -> tuple[str, ...]:
        """The accepted broker passwords, current first (OSB-AUTH-07)."""
        both = (self.broker_password, self.broker_password_previous)
        return tuple(
            password.get_secret_value() for password in both if password.get_secret_value()
        )

    @property
    def logs_json(self) -> bool:
        """Whether log lines are JSON; ``auto`` means text for people in mode dev."""
        return self.log_format == "json" or (self.log_format == "auto" and self.mode != "dev")

    @property
    def on_sqlite(self) -> bool:
        """Whether the embedded database is used."""
        return self.database_url.get_secret_value().startswith("sqlite")


def parse_master_keys(text: str) -> dict[str, bytes]:
    """Parse ``id:base64,…`` into key id → 32 bytes, first key first; raise ValueError."""
    keys: dict[str, bytes] = {}
    for entry in text.split(","):
        key_id, separator, encoded = entry.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not separator or not re.fullmatch(r"[A-Za-z0-9_.\-]{1,32}", key_id) or key_id in keys:
            raise ValueError(
                "must be id:base64,… with different ids of letters, digits, '_', '.', '-'"
            )
        if len(key) != _MASTER_KEY_BYTES:
            raise ValueError(f"key {key_id} must be base64 of exactly {_MASTER_KEY_BYTES} bytes")
        keys[key_id] = key
    return keys


def load() -> Settings:
    """Return the complete settings; raise ConfigurationError naming every problem at once.

    In mode ``dev`` missing secrets are made in the state directory. No value is ever echoed.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors(include_input=False)]
    else:
        derived, problems = _derived(settings, os.environ)
        settings = settings.model_copy(update=derived)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return settings


def _problem(detail: Any) -> str:
    name = str(detail["loc"][0]) if detail["loc"] else ""
    variable = name if name.isupper() else f"{PREFIX}{name.upper()}" if name else "Settings"
    return f"{variable}: {detail['msg'].removeprefix('Value error, ')}"


def _derived(settings: Settings, environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    given = settings.model_fields_set
    on_cf = cloudfoundry.on_cloud_foundry(environ)
    values: dict[str, Any] = {}
    if settings.mode == "dev" and "host" not in given:
        values["host"] = "127.0.0.1"
    if on_cf and "tls_port" not in given:
        values["tls_port"] = 0
    values["database_url"] = SecretStr(_database_url(settings, environ))
    values |= _addresses(settings, values.get("tls_port", settings.tls_port), environ)
    secrets, problems = _secrets(settings)
    values |= secrets
    if values["database_url"].get_secret_value().startswith("sqlite"):
        if environ.get("CF_INSTANCE_INDEX", "0") != "0":
            problems.append(
                "XSUAA_DATABASE_URL: SQLite serves one application instance only; this is instance"
                f" {environ['CF_INSTANCE_INDEX']}. Bind a PostgreSQL or scale to one."
            )
    elif not values["database_url"].get_secret_value().startswith("postgresql+psycopg://"):
        problems.append("XSUAA_DATABASE_URL: must start with sqlite:/// or postgresql://")
    return values, problems


def _database_url(settings: Settings, environ: Mapping[str, str]) -> str:
    url = settings.database_url.get_secret_value() or cloudfoundry.database_url(
        environ, settings.state_dir / "database"
    )
    if not url:
        state.ensure_directory(settings.state_dir)
        return f"sqlite:///{(settings.state_dir / 'xsuaa.db').absolute()}"
    # SQLAlchemy knows neither the dialect "postgres" nor that we mean psycopg 3.
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _addresses(settings: Settings, tls_port: int, environ: Mapping[str, str]) -> dict[str, str]:
    """Fill in the URLs of D-27: a local form with ports, or what the deployment says."""
    routed = cloudfoundry.public_url(environ)
    public = settings.public_url or routed or f"http://localhost:{settings.port}"
    local = f"localhost:{tls_port}" if tls_port and not routed and not settings.public_url else ""
    return {
        "public_url": public,
        "cert_url": settings.cert_url or (f"https://{local}" if local else public),
        "api_url": settings.api_url or public,
        "domain": settings.domain or local or urlsplit(public).netloc.removeprefix("{zone}."),
    }


def _secrets(settings: Settings) -> tuple[dict[str, SecretStr], list[str]]:
    makers = {
        "broker_password": state.generated_password,
        "master_keys": state.generated_master_keys,
    }
    missing = [name for name in makers if not getattr(settings, name).get_secret_value()]
    if settings.mode == "dev":
        return {name: SecretStr(makers[name](settings.state_dir)) for name in missing}, []
    return {}, [
        f"{PREFIX}{name.upper()}: is not set, and mode production makes no secrets by itself"
        " (XSUAA_MODE=dev does)"
        for name in missing
    ]
