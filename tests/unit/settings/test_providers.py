"""The settings of requests to identity providers (D-46)."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from broker.settings.providers import ProviderSettings


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> ProviderSettings:
    class Settings(ProviderSettings):
        model_config = SettingsConfigDict(env_prefix="XSUAA_", env_ignore_empty=True)

    monkeypatch.delenv("HTTPS_PROXY", raising=False)
    monkeypatch.delenv("https_proxy", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_lists_are_comma_separated(monkeypatch: pytest.MonkeyPatch) -> None:
    found = settings(
        monkeypatch,
        XSUAA_PROVIDER_ADDRESSES="10.1.0.0/16, fd00::/64",
        XSUAA_PROVIDER_PORTS="8443, 9443",
        XSUAA_PROVIDER_PROXY_HOSTS="login.example.org,.corp.example.org",
        HTTPS_PROXY="http://user:secret@proxy.example.org:3128",
    )
    assert found.provider_addresses == (ip_network("10.1.0.0/16"), ip_network("fd00::/64"))
    assert found.provider_ports == (8443, 9443)
    assert found.provider_proxy_hosts == ("login.example.org", ".corp.example.org")
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("XSUAA_PROVIDER_ADDRESSES", "0.0.0.0/0"),
        ("XSUAA_PROVIDER_ADDRESSES", "::/0"),
        ("XSUAA_PROVIDER_ADDRESSES", "10.0.0.1/8"),
        ("XSUAA_PROVIDER_ADDRESSES", "intranet"),
        ("XSUAA_PROVIDER_PORTS", "0"),
        ("XSUAA_PROVIDER_PORTS", "70000"),
        ("XSUAA_PROVIDER_PORTS", "1-9"),
        ("XSUAA_PROVIDER_PROXY_HOSTS", "*.example.org"),
        ("XSUAA_PROVIDER_PROXY_HOSTS", "https://login.example.org"),
        ("XSUAA_PROVIDER_PROXY_HOSTS", "login.example.org"),
        ("XSUAA_ASSERTION_MAX_AGE", "10"),
    ],
)
def test_other_values_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        settings(monkeypatch, **{name: value})


def test_a_proxy_without_hosts_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings(monkeypatch, HTTPS_PROXY="nonsense").provider_proxy_hosts == ()
