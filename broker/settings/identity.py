"""The settings of users and their logon, a part of the settings model."""

from __future__ import annotations

import re
from typing import Annotated, Literal, get_args

from pydantic import Field
from pydantic_settings import NoDecode

from broker.descriptor.names import is_client_id
from broker.settings.lists import comma_separated
from broker.settings.providers import ProviderSettings
from broker.settings.retention import RetentionSettings


def _client_ids(ids: tuple[str, ...]) -> tuple[str, ...]:
    for each in ids:
        if not is_client_id(each):
            raise ValueError(f"must be comma-separated client ids such as sb-app!t1; found {each}")
    return ids


def _domains(domains: tuple[str, ...]) -> tuple[str, ...]:
    for each in domains:
        if not re.fullmatch(r"[a-z0-9\-]{1,63}(\.[a-z0-9\-]{1,63}){1,8}", each):
            raise ValueError(
                "must be comma-separated domains in lower case, such as apps.example.org"
            )
    return domains


ApiFamily = Literal["authorization", "identity-providers", "user", "users", "groups", "credentials"]
ApiRate = Annotated[int, Field(ge=0, le=1_000_000)]


def _rates(parts: tuple[str, ...]) -> dict[str, int]:
    pairs = [each.partition("=") for each in parts]
    for name, _, number in pairs:
        if name not in get_args(ApiFamily) or not re.fullmatch(r"[0-9]{1,7}", number):
            families = ", ".join(get_args(ApiFamily))
            raise ValueError(
                "must be comma-separated limits such as authorization=2700,users=180; families are"
                f" {families}"
            )
    return {name: int(number) for name, _, number in pairs}


class IdentitySettings(ProviderSettings, RetentionSettings):
    """The mode, and the part of the configuration that concerns users."""

    mode: Literal["dev", "production"] = "production"

    # Code points after NFKC (I-17).
    password_min_length: int = Field(default=15, ge=8, le=64)
    # Seconds from a logon to the end of its session; one without use ends earlier (I-84).
    session_max_age: int = Field(default=43_200, ge=1800, le=86_400)
    # Seconds without a request after which the console demands a logon (I-86).
    console_idle_time: int = Field(default=900, ge=60, le=1800)
    # Whether instances of plan apiaccess need an approval (D-57); mode dev approves them at once.
    apiaccess: Literal["approval", "open"] = "approval"
    # Seconds after a user's logon during which tokens may be exchanged (I-121).
    exchange_period: int = Field(default=604_800, ge=60, le=31_536_000)
    # Seconds; descriptors may set another value, and a zone's policy a maximum (D-43).
    refresh_token_validity: int = Field(default=604_800, ge=60, le=31_536_000)
    # Seconds since a user's last logon during which the provider's groups and attributes are used
    # (I-08).
    snapshot_max_age: int = Field(default=604_800, ge=60, le=31_536_000)
    # Clients that may exchange tokens without scope uaa.user and without being their audience.
    exchange_without_uaa_user: Annotated[
        tuple[str, ...], NoDecode, comma_separated(_client_ids)
    ] = ()

    # Domains whose hosts may receive codes of every client, at /login/callback (I-73).
    redirect_domains: Annotated[tuple[str, ...], NoDecode, comma_separated(_domains)] = ()
    # Whether registered redirect URIs with wildcards are ignored at a login.
    exact_redirects: bool = False

    # Requests per minute and zone to each family of the administration APIs; 0 is no limit.
    api_rates: Annotated[dict[ApiFamily, ApiRate], NoDecode, comma_separated(_rates)] = Field(
        default_factory=dict
    )

    @property
    def approves_apiaccess(self) -> bool:
        """Whether instances of plan apiaccess need no approval (D-57)."""
        return self.mode == "dev" or self.apiaccess == "open"
