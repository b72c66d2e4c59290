"""The settings of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

from broker.errors import ConfigurationError
from broker.settings.environment import load_settings
from broker.settings.identity import IdentitySettings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _state_of_the_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Mode dev writes generated secrets."""
    monkeypatch.setenv("XSUAA_STATE_DIR", str(tmp_path))


def test_the_default_is_that_of_the_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    assert load_settings().password_min_length == 15


@pytest.mark.parametrize("length", ["7", "65", "long"])
def test_the_minimum_is_8_at_least(monkeypatch: pytest.MonkeyPatch, length: str) -> None:
    """I-17."""
    monkeypatch.setenv("XSUAA_MODE", "dev")
    monkeypatch.setenv("XSUAA_PASSWORD_MIN_LENGTH", length)
    with pytest.raises(ConfigurationError, match="XSUAA_PASSWORD_MIN_LENGTH"):
        load_settings()


@pytest.mark.parametrize("seconds", ["1799", "86401", "0", "12h"])
def test_a_session_ends_within_a_day(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    """I-84; it can be as short as the time without use."""
    monkeypatch.setenv("XSUAA_MODE", "dev")
    assert load_settings().session_max_age == 12 * 3600
    for accepted in ("1800", "86400"):
        monkeypatch.setenv("XSUAA_SESSION_MAX_AGE", accepted)
        assert load_settings().session_max_age == int(accepted)
    monkeypatch.setenv("XSUAA_SESSION_MAX_AGE", seconds)
    with pytest.raises(ConfigurationError, match="XSUAA_SESSION_MAX_AGE"):
        load_settings()


@pytest.mark.parametrize(
    ("mode", "value", "expected"),
    [("dev", "approval", True), ("production", "open", True), ("production", "approval", False)],
)
def test_plan_apiaccess_needs_an_approval(
    mode: Literal["dev", "production"], value: Literal["approval", "open"], *, expected: bool
) -> None:
    """D-57."""
    settings = IdentitySettings.model_construct(mode=mode, apiaccess=value)
    assert settings.approves_apiaccess is expected


def test_exchanges_are_loosened_for_named_clients_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """D-44."""
    monkeypatch.setenv("XSUAA_MODE", "dev")
    assert load_settings().exchange_without_uaa_user == ()
    monkeypatch.setenv("XSUAA_EXCHANGE_WITHOUT_UAA_USER", "sb-app!t1, sb-other!t1")
    assert load_settings().exchange_without_uaa_user == ("sb-app!t1", "sb-other!t1")


@pytest.mark.parametrize("value", ["*", "sb-app!t1,", "app!t1"])
def test_other_texts_than_client_ids_are_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    monkeypatch.setenv("XSUAA_EXCHANGE_WITHOUT_UAA_USER", value)
    with pytest.raises(ConfigurationError, match="XSUAA_EXCHANGE_WITHOUT_UAA_USER"):
        load_settings()


@pytest.mark.parametrize("seconds", ["59", "31536001"])
def test_the_time_for_exchanges_is_bounded(monkeypatch: pytest.MonkeyPatch, seconds: str) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    monkeypatch.setenv("XSUAA_EXCHANGE_PERIOD", seconds)
    with pytest.raises(ConfigurationError, match="XSUAA_EXCHANGE_PERIOD"):
        load_settings()


def test_redirects_without_registration_are_off_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """I-73."""
    monkeypatch.setenv("XSUAA_MODE", "dev")
    settings = load_settings()
    assert (settings.redirect_domains, settings.exact_redirects) == ((), False)
    monkeypatch.setenv("XSUAA_REDIRECT_DOMAINS", "apps.example.org, other.example.org")
    monkeypatch.setenv("XSUAA_EXACT_REDIRECTS", "true")
    settings = load_settings()
    assert settings.redirect_domains == ("apps.example.org", "other.example.org")
    assert settings.exact_redirects


@pytest.mark.parametrize(
    "value", ["*", "*.example.org", "org", "https://apps.example.org", "apps.example.org,", "a..b"]
)
def test_other_texts_than_domains_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    monkeypatch.setenv("XSUAA_REDIRECT_DOMAINS", value)
    with pytest.raises(ConfigurationError, match="XSUAA_REDIRECT_DOMAINS"):
        load_settings()


def test_rates_of_the_administration_apis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    assert load_settings().api_rates == {}
    monkeypatch.setenv("XSUAA_API_RATES", "authorization=2700, users=180")
    assert load_settings().api_rates == {"authorization": 2700, "users": 180}


@pytest.mark.parametrize("value", ["2700", "scopes=1", "users=-1", "users=", "users=10000000"])
def test_other_rates_are_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("XSUAA_MODE", "dev")
    monkeypatch.setenv("XSUAA_API_RATES", value)
    with pytest.raises(ConfigurationError, match="XSUAA_API_RATES"):
        load_settings()
