"""Rules about several settings, and derived values."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Any

import pytest
from pydantic import ValidationError

from broker.descriptor.model import CredentialType
from broker.settings.model import Settings, given_secrets

PASSWORD, PREVIOUS = "password-of-this-test", "previous-password-1"
KEY = "k:" + base64.b64encode(hashlib.sha256(b"key").digest()).decode()
ZEROS = "z:" + base64.b64encode(bytes(32)).decode()
PRODUCTION: dict[str, Any] = {"broker_password": PASSWORD, "master_keys": KEY}


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in list(os.environ):
        if name == "PORT" or name.startswith("XSUAA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def settings(**changes: Any) -> Settings:
    return Settings(**(PRODUCTION | changes))


def refused(**changes: Any) -> list[Any]:
    """Return the refused settings; empty for a rule about several."""
    with pytest.raises(ValidationError) as found:
        settings(**changes)
    return [error["loc"] for error in found.value.errors()]


def test_production_generates_no_secrets() -> None:
    assert refused(broker_password="") == [("broker_password",)]
    assert refused(master_keys="") == [("master_keys",)]
    assert settings(broker_password="", only="tokens").broker_passwords == ()
    assert refused(master_keys="", only="tokens") == [("master_keys",)]
    assert settings(mode="dev", broker_password="", master_keys="").mode == "dev"


@pytest.mark.parametrize(
    "changes",
    [
        {"PORT": 8443},
        {"key_period": 172_800, "key_lead": 172_800},
        {"key_lead": 2119},
        {"key_retirement": 86_399},
        {"tls_certificate_file": "c.pem"},
        {"tls_key_file": "k.pem"},
        {"ca_certificate_file": "c.pem"},
        {"ca_key_file": "k.pem"},
        {"forwarded_certificate": "gorouter"},
        {"platforms": [{"name": "default", "user": "u", "password": PREVIOUS}]},
        {"platforms": [{"name": "two", "user": "broker", "password": PREVIOUS}]},
        {"platforms": [{"name": "two", "user": "u", "password": PREVIOUS}] * 2},
    ],
)
def test_settings_that_contradict_each_other_are_refused(changes: dict[str, Any]) -> None:
    assert refused(**changes) == [()]


@pytest.mark.parametrize(
    "changes",
    [
        {"key_period": 0, "key_lead": 172_800},
        {"key_lead": 2120},
        {"key_lead": 1, "key_retirement": 1, "mode": "dev"},
        {"tls_certificate_file": "c.pem", "tls_key_file": "k.pem"},
        {"forwarded_certificate": "gorouter", "trusted_proxies": "192.0.2.0/24"},
        {"forwarded_certificate": "gorouter", "proxy_secret": "secret-of-the-proxy"},
        {"forwarded_certificate": "off"},
    ],
)
def test_settings_that_agree_are_accepted(changes: dict[str, Any]) -> None:
    settings(**changes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("public_url", "uaa.example.org"),
        ("public_url", "https://uaa.example.org/path"),
        ("cert_url", "https://cert.example.org?x"),
        ("api_url", "ftp://api.example.org"),
        ("domain", "https://example.org"),
        ("domain", "a/b"),
        ("shared_domains", "Apps.example.org"),
        ("shared_domains", ".example.org"),
        ("trusted_proxies", "0.0.0.0/0"),
        ("trusted_proxies", "::/0"),
        ("trusted_proxies", "0.0.0.0/1,128.0.0.0/1"),
        ("broker_password", "x"),
        ("broker_password_previous", "x" * 40),
        ("metrics_token", "x"),
        ("proxy_secret", "0123456789abcdef"),
        ("master_keys", ZEROS),
        ("master_keys", f"{KEY},old:{ZEROS[2:]}"),
        ("master_keys", f"{KEY},again:{KEY[2:]}"),
        ("public_url", "http://uaa.example.org"),
        ("cert_url", "http://cert.example.org"),
        ("api_url", "http://{zone}.example.org"),
        ("platforms", [{"name": "two", "user": "u", "password": "p"}]),
        ("platforms", [{"name": "two", "user": PREVIOUS, "password": PREVIOUS}]),
        (
            "platforms",
            [{"name": "two", "user": "u", "password": PREVIOUS, "password_previous": "p"}],
        ),
        ("trusted_proxies", "proxy"),
        ("default_credential_types", "foo"),
        ("token_validity", 86_401),
        ("workers", 0),
        ("broker_user", "a:b"),
    ],
)
def test_a_broken_value_is_named(name: str, value: object) -> None:
    assert refused(**{name: value})[0][0] == name


def test_mode_dev_accepts_weak_values() -> None:
    settings(
        mode="dev",
        broker_password="x",
        metrics_token="x",
        proxy_secret="x",
        master_keys=ZEROS,
        public_url="http://uaa.example.org",
        platforms=[{"name": "two", "user": "u", "password": "p"}],
    )


def test_http_to_this_host_only_is_accepted_in_production() -> None:
    for host in ("localhost:8080", "127.0.0.1", "[::1]:8080"):
        assert settings(public_url=f"http://{host}").public_url == f"http://{host}"


def test_lists_are_separated_by_commas() -> None:
    found = settings(
        shared_domains="apps.example.org, b.example.org",
        default_credential_types="x509, binding-secret",
    )
    assert found.shared_domains == ("apps.example.org", "b.example.org")
    assert found.default_types == (CredentialType.X509, CredentialType.BINDING_SECRET)


def test_a_slash_at_the_end_of_an_origin_is_taken_away() -> None:
    assert settings(public_url="https://uaa.example.org/").public_url == "https://uaa.example.org"


@pytest.mark.parametrize(
    ("profile", "types", "mints"),
    [("classic", ["instance-secret"], True), ("current", ["binding-secret", "x509"], False)],
)
def test_the_profile_decides_on_types(profile: str, types: list[str], *, mints: bool) -> None:
    """D-01."""
    found = settings(credential_profile=profile)
    assert list(found.default_types) == types
    assert found.mints_instance_secrets == mints


@pytest.mark.parametrize(
    ("changes", "accepts"),
    [
        ({}, True),
        ({"tls_port": 0}, False),
        (
            {
                "tls_port": 0,
                "forwarded_certificate": "nginx",
                "proxy_secret": "secret-of-the-proxy",
            },
            True,
        ),
        ({"tls_port": 0, "cert_url": "https://cert.example.org"}, True),
    ],
)
def test_certificates_are_accepted_where_they_can_arrive(
    changes: dict[str, Any], *, accepts: bool
) -> None:
    assert settings(**changes).accepts_certificates == accepts


@pytest.mark.parametrize(
    ("mode", "url", "alone"),
    [
        ("production", "https://uaa.example.org", True),
        ("production", "http://localhost:8080", False),
        ("dev", "https://uaa.example.org", False),
    ],
)
def test_hsts_is_sent_in_production_only(mode: str, url: str, *, alone: bool) -> None:
    assert settings(mode=mode, public_url=url).serves_https_alone == alone


@pytest.mark.parametrize(
    ("format_", "mode", "as_json"),
    [
        ("json", "dev", True),
        ("text", "production", False),
        ("auto", "dev", False),
        ("auto", "production", True),
    ],
)
def test_logs_are_text_for_a_developer(format_: str, mode: str, *, as_json: bool) -> None:
    assert settings(log_format=format_, mode=mode).logs_json == as_json


def test_two_passwords_are_accepted_the_current_one_first() -> None:
    """OSB-AUTH-07."""
    assert settings().broker_passwords == (PASSWORD,)
    assert settings(broker_password_previous=PREVIOUS).broker_passwords == (
        PASSWORD,
        PREVIOUS,
    )
    found = settings(broker_password_previous=PREVIOUS)
    assert given_secrets(found.metrics_token, found.broker_password_previous) == (PREVIOUS,)


def test_keys_may_be_used_without_the_database_until_another_could_sign() -> None:
    assert settings(key_lead=2120, key_reload_interval=10).keys_usable_for == 0
    assert settings(key_lead=3000, key_reload_interval=10).keys_usable_for == 880
    assert settings(mode="dev", key_lead=1).keys_usable_for == 0


def test_the_repr_of_secrets_hides_them() -> None:
    assert KEY not in repr(settings())
    assert "sqlite" not in repr(settings(database_url="sqlite:///store.db"))
    assert settings(database_url="sqlite:///store.db").on_sqlite
    assert not settings(database_url="postgresql://x").on_sqlite
