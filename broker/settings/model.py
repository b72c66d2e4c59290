"""The settings model, validated as a whole and frozen (D-25); ``environment`` reads it.

``.env.example`` documents each variable; a test compares the two.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from broker.descriptor.model import CredentialType
from broker.pki.forwarded import ForwardedFormat, Network, networks
from broker.settings.addresses import HostName, Origin
from broker.settings.entries import PlatformSettings, ZoneSettings, from_json
from broker.settings.identity import IdentitySettings
from broker.settings.lists import comma_separated
from broker.settings.master_keys import parse_master_keys
from broker.settings.strength import (
    GENERATE_MASTER_KEY,
    GENERATE_SECRET,
    is_production,
    platforms_in_production,
    require_strong_keys,
    secret_in_production,
)

PREFIX = "XSUAA_"
DEFAULT_PLATFORM = "default"

_DEFAULT_TYPES = {
    "classic": (CredentialType.INSTANCE_SECRET,),
    "current": (CredentialType.BINDING_SECRET, CredentialType.X509),
}
_MAX_TOKEN_VALIDITY = 86_400
_MAX_WORKERS = 64
_MAX_KEY_CACHE = 30 * 60 + 5 * 60
"""Seconds: the cache of @sap/xssec plus the max-age that proxies before it may add."""


Secret = Annotated[SecretStr, AfterValidator(secret_in_production)]


def _off(value: object) -> object:
    return None if value == "off" else value


def _cpus() -> int:
    """Return the number of usable CPUs, at most ``_MAX_WORKERS``."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else ()
    return min(len(usable) or os.cpu_count() or 1, _MAX_WORKERS)


class Settings(IdentitySettings):
    """The configuration of one process; ``environment`` derives missing values."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    only: Literal["", "tokens"] = ""
    state_dir: Path = Path("var")

    host: str = "0.0.0.0"  # noqa: S104 - production default; dev binds 127.0.0.1
    port: int = Field(default=8080, ge=1, le=65_535, validation_alias="PORT")
    tls_port: int = Field(default=8443, ge=0, le=65_535)
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    workers: int = Field(default_factory=_cpus, ge=1, le=_MAX_WORKERS)
    # Whether each worker of the HTTP listener is pinned to its share of the CPUs.
    cpu_affinity: bool = False
    # At least two: a transaction may have to read a data key in a second connection.
    threads: int = Field(default=8, ge=2, le=256)

    public_url: Origin = ""
    cert_url: Origin = ""
    api_url: Origin = ""
    domain: HostName = ""

    database_url: SecretStr = SecretStr("")
    master_keys: SecretStr = Field(default=SecretStr(""), validate_default=True)

    broker_user: str = Field(default="broker", min_length=1, pattern=r"^[^:]+$")
    broker_password: Secret = Field(default=SecretStr(""), validate_default=True)
    broker_password_previous: Secret = SecretStr("")

    metrics_token: Secret = SecretStr("")
    tracing: bool = False

    platforms: Annotated[
        tuple[PlatformSettings, ...],
        NoDecode,
        BeforeValidator(from_json),
        AfterValidator(platforms_in_production),
    ] = ()
    zones: Annotated[tuple[ZoneSettings, ...], NoDecode, BeforeValidator(from_json)] = ()

    credential_profile: Literal["classic", "current"] = "classic"
    default_credential_types: Annotated[
        tuple[CredentialType, ...], NoDecode, comma_separated()
    ] = ()
    instance_secret_relist_days: int = Field(default=7, ge=0, le=365)
    removal_guard_days: int = Field(default=0, ge=0, le=365)
    usage_flush_interval: int = Field(default=10, ge=1, le=10)
    history_days: int = Field(default=400, ge=1, le=36_500)
    payload_service_instance_id: bool = True

    shared_domains: Annotated[tuple[str, ...], NoDecode, comma_separated()] = ()
    localhost_redirects: bool = True
    ca_certificate_file: Path | None = None
    ca_key_file: Path | None = None
    ca_organization: str = Field(default="xsuaa-broker", min_length=1, max_length=64)
    trusted_ca_file: Path | None = None
    forwarded_certificate: Annotated[ForwardedFormat | None, BeforeValidator(_off)] = None
    trusted_proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(networks)] = ()
    proxy_secret: Secret = SecretStr("")
    expiry_warning_days: int = Field(default=3, ge=0, le=365)

    token_validity: int = Field(default=43_200, ge=60, le=_MAX_TOKEN_VALIDITY)
    token_backdate: int = Field(default=5, ge=0, le=60)
    key_reload_interval: int = Field(default=10, ge=1, le=300)
    key_period: int = Field(default=7_776_000, ge=0)
    key_lead: int = Field(default=172_800, ge=1)
    key_retirement: int = Field(default=129_600, ge=1)

    max_body_bytes: int = Field(default=1_048_576, ge=1024)
    # Seconds from the first byte of a request to its last.
    request_timeout: int = Field(default=10, ge=1, le=300)
    lock_timeout: int = Field(default=45, ge=1, le=55)
    statement_timeout: int = Field(default=10, ge=1, le=300)
    failure_limit: int = Field(default=20, ge=0)
    trusted_hops: int = Field(default=0, ge=0, le=10)
    max_instances_per_zone: int = Field(default=2500, ge=1)
    max_bindings_per_instance: int = Field(default=1000, ge=1)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text", "auto"] = "auto"

    @field_validator("shared_domains")
    @classmethod
    def _domains(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for domain in value:
            if not re.fullmatch(r"[a-z0-9]([a-z0-9.\-]*[a-z0-9])?", domain):
                raise ValueError(
                    "must be comma-separated domains in lower case, such as apps.example.org"
                )
        return value

    @field_validator("master_keys")
    @classmethod
    def _well_formed(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        if value.get_secret_value():
            keys = parse_master_keys(value.get_secret_value())
            if is_production(info):
                require_strong_keys(keys)
        return value

    @field_validator("broker_password", "master_keys")
    @classmethod
    def _there_in_production(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        is_key = info.field_name == "master_keys"
        needed = is_key or info.data.get("only") != "tokens"
        if not value.get_secret_value() and needed and is_production(info):
            raise ValueError(
                "is not set; mode production generates no secrets (XSUAA_MODE=dev does);"
                f" {GENERATE_MASTER_KEY if is_key else GENERATE_SECRET}"
            )
        return value

    @model_validator(mode="after")
    def _two_ports(self) -> Self:
        if self.port == self.tls_port:
            raise ValueError(f"PORT and XSUAA_TLS_PORT must differ; both are {self.port}")
        return self

    @model_validator(mode="after")
    def _keys_outlast_caches_and_tokens(self) -> Self:
        if 0 < self.key_period <= self.key_lead:
            raise ValueError("XSUAA_KEY_PERIOD must be longer than XSUAA_KEY_LEAD, or 0")
        # Mode dev allows short periods, to observe a rotation.
        if self.mode == "production" and self.key_lead < self.min_key_lead:
            raise ValueError(
                f"XSUAA_KEY_LEAD must be at least {self.min_key_lead}: verifiers cache keys for"
                " half an hour"
            )
        if self.mode == "production" and self.key_retirement < _MAX_TOKEN_VALIDITY:
            raise ValueError(
                f"XSUAA_KEY_RETIREMENT must be at least {_MAX_TOKEN_VALIDITY}, the longest"
                " lifetime of a token"
            )
        return self

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.tls_certificate_file is None) != (self.tls_key_file is None):
            raise ValueError(
                "XSUAA_TLS_CERTIFICATE_FILE and XSUAA_TLS_KEY_FILE must be set together"
            )
        if (self.ca_certificate_file is None) != (self.ca_key_file is None):
            raise ValueError("XSUAA_CA_CERTIFICATE_FILE and XSUAA_CA_KEY_FILE must be set together")
        return self

    @model_validator(mode="after")
    def _proxy_is_known(self) -> Self:
        secret = self.proxy_secret.get_secret_value()
        if self.forwarded_certificate and not (self.trusted_proxies or secret):
            raise ValueError(
                "XSUAA_FORWARDED_CERTIFICATE requires XSUAA_TRUSTED_PROXIES or XSUAA_PROXY_SECRET:"
                " otherwise any client could send the header"
            )
        return self

    @model_validator(mode="after")
    def _platforms_differ(self) -> Self:
        names = [DEFAULT_PLATFORM, *(platform.name for platform in self.platforms)]
        users = [self.broker_user, *(platform.user for platform in self.platforms)]
        if len(set(names)) < len(names) or len(set(users)) < len(users):
            raise ValueError(
                f"XSUAA_PLATFORMS: names and users must differ from each other and from"
                f' "{DEFAULT_PLATFORM}" and XSUAA_BROKER_USER'
            )
        return self

    @property
    def accepts_certificates(self) -> bool:
        """Whether clients can present certificates, to this server or at ``cert_url``."""
        elsewhere = self.cert_url != self.public_url
        return bool(self.tls_port or self.forwarded_certificate or elsewhere)

    @property
    def serves_https_alone(self) -> bool:
        """Whether the public host is HTTPS only, so that responses may carry HSTS."""
        return self.mode == "production" and self.public_url.startswith("https://")

    @property
    def default_types(self) -> tuple[CredentialType, ...]:
        """The credential types of an instance whose descriptor lists none (D-01)."""
        return self.default_credential_types or _DEFAULT_TYPES[self.credential_profile]

    @property
    def min_key_lead(self) -> int:
        """Seconds after which every verifier knows a published key."""
        return _MAX_KEY_CACHE + 2 * self.key_reload_interval

    @property
    def keys_usable_for(self) -> int:
        """Seconds for which keys may be used without reloading: no newer key signs before that."""
        return max(0, self.key_lead - self.min_key_lead)

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
        """Whether log lines are JSON; ``auto`` means text in mode dev."""
        return self.log_format == "json" or (self.log_format == "auto" and self.mode != "dev")

    @property
    def on_sqlite(self) -> bool:
        """Whether the database is SQLite."""
        return self.database_url.get_secret_value().startswith("sqlite")


def given_secrets(*secrets: SecretStr) -> tuple[str, ...]:
    """Return the values of the secrets that are not empty."""
    return tuple(secret.get_secret_value() for secret in secrets if secret.get_secret_value())
