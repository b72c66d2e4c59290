"""The composition of logons at identity providers: what each mode allows (I-34, D-46)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.composition.providers import provider_logon
from broker.errors import ConfigurationError, ProviderUnavailable
from broker.runtime.turn import Turn
from tests.support.domain import ADDRESSES
from tests.support.pki import an_authority

if TYPE_CHECKING:
    from pathlib import Path

    from broker.relying_party.network.http import ProviderHttp
    from tests.support.domain import Domain


class Settings:
    """The settings of providers."""

    def __init__(self, **changes: Any) -> None:
        self.provider_addresses = ()
        self.provider_ports = ()
        self.provider_proxy_hosts = ()
        self.provider_ca_file: Path | None = None
        self.threads = 8
        self.mode = "production"
        vars(self).update(changes)

    @property
    def provider_proxy(self) -> Any:
        """No proxy."""
        return self

    @staticmethod
    def get_secret_value() -> str:
        """Return no proxy."""
        return ""


def http_of(domain: Domain, **changes: Any) -> ProviderHttp:
    settings: Any = Settings(**changes)
    return provider_logon(
        settings, domain.transactions, domain.keys, ADDRESSES, domain.clock, Turn()
    ).http


def test_only_mode_dev_allows_this_machine(on_sqlite: Domain) -> None:
    production, dev = http_of(on_sqlite), http_of(on_sqlite, mode="dev")
    dev.rules.target("http://localhost:3000/")
    dev.rules.require_address("127.0.0.1")
    for refused in ("http://localhost:3000/", "https://localhost:3000/"):
        with pytest.raises(ProviderUnavailable):
            production.rules.target(refused)
    with pytest.raises(ProviderUnavailable):
        production.rules.require_address("127.0.0.1")


def test_the_ca_file_is_read_at_the_start(on_sqlite: Domain, tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    for content in ("", "nonsense"):
        file.write_text(content)
        with pytest.raises(ConfigurationError, match="XSUAA_PROVIDER_CA_FILE"):
            http_of(on_sqlite, provider_ca_file=file)
    file.write_text(an_authority().pem)
    http_of(on_sqlite, provider_ca_file=file)
    with pytest.raises(ConfigurationError, match="XSUAA_PROVIDER_CA_FILE"):
        http_of(on_sqlite, provider_ca_file=tmp_path / "missing.pem")
