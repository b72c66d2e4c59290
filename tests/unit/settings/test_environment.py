"""Settings: defaults, derived values, and errors all at once without values (D-25, D-27)."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from typing import TYPE_CHECKING

import psutil
import pytest

from broker.errors import ConfigurationError
from broker.runtime.state_directory import new_master_key
from broker.settings.environment import load_settings
from broker.settings.master_keys import parse_master_keys
from broker.settings.model import Settings

if TYPE_CHECKING:
    from pathlib import Path

KEY = base64.b64encode(hashlib.sha256(b"key").digest()).decode()


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith(("XSUAA_", "VCAP_", "CF_")) or name == "PORT":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_there_is_a_worker_for_each_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = len(psutil.Process().cpu_affinity()) if psutil.LINUX else psutil.cpu_count()
    assert load(monkeypatch, XSUAA_MODE="dev").workers == min(usable, 64)
    # As on macOS, which returns only the number of CPUs.
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert load(monkeypatch, XSUAA_MODE="dev").workers == 3
    monkeypatch.setattr(os, "cpu_count", lambda: 128)
    assert load(monkeypatch, XSUAA_MODE="dev").workers == 64


PASSWORD = "password-of-this-test"
PRODUCTION = {"XSUAA_BROKER_PASSWORD": PASSWORD, "XSUAA_MASTER_KEYS": f"a:{KEY}"}


def test_dev_mode_generates_its_secrets_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(monkeypatch, XSUAA_MODE="dev")
    assert first == load_settings()
    assert first.host == "127.0.0.1"
    assert len(first.broker_password.get_secret_value()) >= 32
    assert parse_master_keys(first.master_keys.get_secret_value())


def test_the_local_form_of_the_urls(monkeypatch: pytest.MonkeyPatch) -> None:
    """D-27."""
    loaded = load(monkeypatch, XSUAA_MODE="dev", PORT="9000", XSUAA_TLS_PORT="9443")
    assert loaded.public_url == "http://localhost:9000"
    assert loaded.cert_url == "https://localhost:9443"
    assert loaded.domain == "localhost:9443"
    assert loaded.api_url == "http://localhost:9000"


@pytest.mark.parametrize(
    ("variables", "certificates", "domain"),
    [
        ({"XSUAA_TLS_PORT": "443"}, "https://localhost", "localhost"),
        ({"XSUAA_TLS_PORT": "4443"}, "https://localhost:4443", "localhost:4443"),
        (
            {"XSUAA_PUBLIC_URL": "https://{zone}.auth.example.org:443"},
            "https://{zone}.auth.example.org:443",
            "auth.example.org",
        ),
        (
            {"XSUAA_PUBLIC_URL": "https://auth.example.org:8443"},
            "https://auth.example.org:8443",
            "auth.example.org:8443",
        ),
        (
            {"XSUAA_DOMAIN": "keys.example.org:443"},
            "https://localhost:8443",
            "keys.example.org:443",
        ),
    ],
)
def test_a_derived_domain_has_no_default_port(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], certificates: str, domain: str
) -> None:
    loaded = load(monkeypatch, XSUAA_MODE="dev", **variables)
    assert (loaded.cert_url, loaded.domain) == (certificates, domain)


def test_a_deployment_names_one_url(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(monkeypatch, XSUAA_PUBLIC_URL="https://{zone}.auth.example.org/", **PRODUCTION)
    assert loaded.public_url == "https://{zone}.auth.example.org"
    assert loaded.domain == "auth.example.org"
    assert loaded.api_url == "https://auth.example.org"
    assert loaded.host == "0.0.0.0"  # noqa: S104 - that is the default
    assert loaded.logs_json


def test_production_refuses_to_start_without_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(monkeypatch)
    assert "XSUAA_BROKER_PASSWORD: is not set" in str(caught.value)
    assert "XSUAA_MASTER_KEYS: is not set" in str(caught.value)


def test_every_problem_is_named_at_once_and_no_value_echoed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = {
        "XSUAA_MODE": "secret-1",
        "PORT": "secret-2",
        "XSUAA_TLS_PORT": "70000",
        "XSUAA_PUBLIC_URL": "secret-3",
        "XSUAA_DOMAIN": "https://secret-4",
        "XSUAA_MASTER_KEYS": "a:secret-5",
        "XSUAA_DEFAULT_CREDENTIAL_TYPES": "instance-secret,secret-6",
    }
    with pytest.raises(ConfigurationError) as caught:
        load(monkeypatch, **wrong)
    text = str(caught.value)
    named = {re.match(r"[A-Z_]+", line).group() for line in text.splitlines()}  # type: ignore[union-attr]
    assert named == set(wrong)
    assert not re.search(r"secret-[0-9]", text)


@pytest.mark.parametrize(
    "keys",
    ["", "a", "a:", f":{KEY}", f"a:{KEY},a:{KEY}", f"a b:{KEY}", "a:AAAA", f"a:{KEY},b:x"],
)
def test_malformed_master_keys(keys: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        parse_master_keys(keys)


def test_master_keys_keep_their_order() -> None:
    keys = f"new:{KEY}, {new_master_key()}"
    assert next(iter(parse_master_keys(keys))) == "new"


def test_postgresql_urls_get_our_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+psycopg"):
        loaded = load(monkeypatch, XSUAA_DATABASE_URL=f"{scheme}://u:p@h/d", **PRODUCTION)
        assert loaded.database_url.get_secret_value() == "postgresql+psycopg://u:p@h/d"
    with pytest.raises(ConfigurationError, match="XSUAA_DATABASE_URL: must start with"):
        load(monkeypatch, XSUAA_DATABASE_URL="mysql://u:p@h/d")


def test_a_second_cloud_foundry_instance_cannot_use_sqlite(monkeypatch: pytest.MonkeyPatch) -> None:
    """D-19."""
    with pytest.raises(ConfigurationError, match=r"SQLite serves one .* instance\s+1"):
        load(monkeypatch, CF_INSTANCE_INDEX="1", **PRODUCTION)


def test_default_types_follow_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    """D-01."""
    assert load(monkeypatch, **PRODUCTION).default_types == ("instance-secret",)
    current = load(monkeypatch, XSUAA_CREDENTIAL_PROFILE="current")
    assert current.default_types == ("binding-secret", "x509")
    assert not current.mints_instance_secrets
    chosen = load(monkeypatch, XSUAA_DEFAULT_CREDENTIAL_TYPES="binding-secret, instance-secret")
    assert chosen.default_types == ("binding-secret", "instance-secret")


def test_the_repr_of_secrets_hides_them(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(
        monkeypatch, XSUAA_DATABASE_URL="postgresql://u:password-of-the-database@h/d", **PRODUCTION
    )
    assert PASSWORD not in repr(loaded)
    assert "password-of-the-database" not in repr(loaded)
    assert KEY not in repr(loaded)
    assert loaded.broker_passwords == (PASSWORD,)


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"XSUAA_KEY_LEAD": "1800"}, "XSUAA_KEY_LEAD must be at least 2120"),
        ({"XSUAA_KEY_RETIREMENT": "43200"}, "XSUAA_KEY_RETIREMENT must be at least 86400"),
        ({"XSUAA_KEY_PERIOD": "172800"}, "XSUAA_KEY_PERIOD must be longer than XSUAA_KEY_LEAD"),
    ],
)
def test_keys_must_outlast_caches_and_tokens(
    variables: dict[str, str], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-16."""
    with pytest.raises(ConfigurationError, match=problem):
        load(monkeypatch, **PRODUCTION, **variables)


def test_dev_mode_may_rotate_keys_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"XSUAA_KEY_PERIOD": "10", "XSUAA_KEY_LEAD": "2", "XSUAA_KEY_RETIREMENT": "2"}
    assert load(monkeypatch, XSUAA_MODE="dev", **settings).keys_usable_for == 0


def test_keys_may_be_used_without_the_database_until_a_new_one_could_sign(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded = load(monkeypatch, **PRODUCTION)
    assert loaded.keys_usable_for == loaded.key_lead - 30 * 60 - 5 * 60 - 2 * 10


def test_the_token_service_alone_needs_no_broker_password(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = {**PRODUCTION, "XSUAA_ONLY": "tokens"}
    del alone["XSUAA_BROKER_PASSWORD"]
    assert load(monkeypatch, **alone).broker_passwords == ()


def test_on_cloud_foundry_the_router_is_trusted_to_name_addresses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load(monkeypatch, **PRODUCTION).trusted_hops == 0
    assert load(monkeypatch, VCAP_APPLICATION="{}").trusted_hops == 1
    assert load(monkeypatch, XSUAA_TRUSTED_HOPS="2").trusted_hops == 2


def test_a_password_that_is_not_encoded_is_named_beside_missing_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(monkeypatch, XSUAA_DATABASE_URL="postgresql://u:p@ss-7@db.example.org/xsuaa")
    lines = str(caught.value).splitlines()
    assert any("must be percent-encoded (@ as %40)" in line for line in lines)
    assert any("XSUAA_MASTER_KEYS: is not set" in line for line in lines)
    assert "ss-7" not in str(caught.value)
