"""The settings of requests to identity providers, a part of the settings model (D-46)."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode

from broker.settings.lists import comma_separated

_MAX_PORT = 65_535
_HOST = re.compile(r"\.?[a-z0-9](?:[a-z0-9.\-]{0,252}[a-z0-9])?")


def _networks(parts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    found = tuple(ip_network(part) for part in parts)
    if any(not each.prefixlen for each in found):
        raise ValueError("must not contain all addresses: list the networks of the providers")
    return found


def _ports(parts: tuple[str, ...]) -> tuple[int, ...]:
    for part in parts:
        if not (part.isdecimal() and 0 < int(part[:6]) <= _MAX_PORT):
            raise ValueError(f"must be comma-separated ports; found {part[:16]}")
    return tuple(int(part) for part in parts)


def _hosts(parts: tuple[str, ...]) -> tuple[str, ...]:
    for part in parts:
        if not _HOST.fullmatch(part):
            raise ValueError(
                "must be comma-separated host names in lower case, such as login.example.org, or"
                " .example.org for all hosts below"
            )
    return parts


class ProviderSettings(BaseSettings):
    """The part of the configuration that concerns requests to identity providers."""

    # Networks of providers that are not public.
    provider_addresses: Annotated[
        tuple[IPv4Network | IPv6Network, ...], NoDecode, comma_separated(_networks)
    ] = ()
    # Ports of providers in addition to 443.
    provider_ports: Annotated[tuple[int, ...], NoDecode, comma_separated(_ports)] = ()
    # CA certificates in addition to those of the system.
    provider_ca_file: Path | None = None
    # The proxy for the hosts of ``provider_proxy_hosts``; other hosts are reached directly.
    provider_proxy: SecretStr = Field(default=SecretStr(""), validation_alias="HTTPS_PROXY")
    provider_proxy_hosts: Annotated[tuple[str, ...], NoDecode, comma_separated(_hosts)] = ()

    # Seconds after its issue in which a provider's id token is accepted as an assertion (I-120).
    assertion_max_age: int = Field(default=600, ge=60, le=86_400)

    @model_validator(mode="after")
    def _proxy_for_hosts(self) -> Self:
        if not self.provider_proxy_hosts:
            return self
        url = urlsplit(self.provider_proxy.get_secret_value())
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ValueError(
                "XSUAA_PROVIDER_PROXY_HOSTS requires HTTPS_PROXY, such as"
                " http://proxy.example.org:3128"
            )
        return self
