"""Mode production refuses weak settings and names better ones (D-25)."""

from __future__ import annotations

import base64
import json
import secrets
from typing import TYPE_CHECKING

import pytest

from broker.runtime.state_directory import new_master_key
from tests.support.server import Server

if TYPE_CHECKING:
    from pathlib import Path

SECRET_COMMAND = "openssl rand -base64 24"
KEY_COMMAND = "openssl rand -base64 32"


def encoded(key: bytes) -> str:
    return base64.b64encode(key).decode()


def good() -> dict[str, str]:
    platform = {"name": "two", "user": "two", "password": secrets.token_urlsafe(24)}
    return {
        "XSUAA_MODE": "production",
        "XSUAA_BROKER_PASSWORD": secrets.token_urlsafe(24),
        "XSUAA_BROKER_PASSWORD_PREVIOUS": encoded(secrets.token_bytes(24)),
        "XSUAA_MASTER_KEYS": f"{new_master_key()},{new_master_key()}",
        "XSUAA_METRICS_TOKEN": secrets.token_hex(16),
        "XSUAA_PLATFORMS": json.dumps([platform]),
        "XSUAA_FORWARDED_CERTIFICATE": "nginx",
        "XSUAA_PROXY_SECRET": secrets.token_urlsafe(16),
        "XSUAA_TRUSTED_PROXIES": "10.0.0.0/8,172.16.0.0/12,fd00::/8,::ffff:192.168.0.0/112",
        "XSUAA_PUBLIC_URL": "https://{zone}.uaa.example.org",
        "XSUAA_CERT_URL": "https://{zone}.cert.example.org",
        "XSUAA_API_URL": "https://api.example.org",
    }


def configured(directory: Path, variables: dict[str, str]) -> Server:
    server = Server(directory)
    server.environment |= variables
    return server


def test_good_values_are_accepted(tmp_path: Path) -> None:
    configured(tmp_path, good()).command("db", "upgrade")


def test_a_server_names_every_weak_setting_and_shows_no_value(tmp_path: Path) -> None:
    weak = {
        "XSUAA_BROKER_PASSWORD": "short-password",
        "XSUAA_MASTER_KEYS": f"k1:{encoded(bytes(32))}",
        "XSUAA_METRICS_TOKEN": "x",
        "XSUAA_PROXY_SECRET": "q" * 32,
        "XSUAA_TRUSTED_PROXIES": "0.0.0.0/1,128.0.0.0/1",
        "XSUAA_PUBLIC_URL": "http://uaa.example.org",
    }
    refused = configured(tmp_path, good() | weak).command("serve", check=False)
    assert refused.returncode == 1
    lines = refused.stderr.splitlines()
    assert {line.removeprefix("Error: ").split(":")[0] for line in lines} == set(weak)
    assert not any(
        value in refused.stderr for value in ("short-password", "q" * 32, encoded(bytes(32)))
    )


KEYS = {
    "zeros": bytes(32),
    "one-byte": b"\xa5" * 32,
    "pattern": b"\x01\x02\x03\x04" * 8,
    "ascending": bytes(range(7, 39)),
    "padded": b"password".ljust(32, b"\0"),
}
PLATFORM = {"name": "two", "user": "two-user", "password": "a-good-password-7"}
WEAK = [
    *[
        pytest.param(variable, value, SECRET_COMMAND, id=f"{variable}-{index}")
        for variable in (
            "XSUAA_BROKER_PASSWORD",
            "XSUAA_BROKER_PASSWORD_PREVIOUS",
            "XSUAA_METRICS_TOKEN",
            "XSUAA_PROXY_SECRET",
        )
        for index, value in enumerate(("x", "fifteen-letters", "a" * 40, "changeme" * 3))
    ],
    *[
        pytest.param("XSUAA_MASTER_KEYS", keys.format(encoded(key)), KEY_COMMAND, id=f"{name}-{at}")
        for name, key in KEYS.items()
        for at, keys in {"only": "k1:{}", "previous": f"{new_master_key()},old:{{}}"}.items()
    ],
    *[
        pytest.param(
            "XSUAA_PLATFORMS",
            json.dumps([{**PLATFORM, **change}]),
            SECRET_COMMAND,
            id=f"platform-{index}",
        )
        for index, change in enumerate(
            (
                {"password": "x"},
                {"password_previous": "x"},
                {"user": PLATFORM["password"]},
            )
        )
    ],
    *[
        pytest.param("XSUAA_TRUSTED_PROXIES", value, "10.0.0.0/8", id=f"proxies-{index}")
        for index, value in enumerate(
            (
                "0.0.0.0/0",
                "0.0.0.0/1,128.0.0.0/1",
                "0.0.0.0/2,64.0.0.0/2,128.0.0.0/2,192.0.0.0/2",
                "::/1,8000::/1",
                "2000::/4,3000::/4",
                "::ffff:0:0/96",
                "::ffff:0:0/97,::ffff:128.0.0.0/97",
                "0.0.0.0/1,::ffff:128.0.0.0/97",
            )
        )
    ],
    *[
        pytest.param(variable, "http://uaa.example.org", "https://uaa.example.org", id=variable)
        for variable in ("XSUAA_PUBLIC_URL", "XSUAA_CERT_URL", "XSUAA_API_URL")
    ],
]


@pytest.mark.parametrize(("variable", "value", "advice"), WEAK)
def test_each_weak_value_is_refused_with_a_better_one(
    tmp_path: Path, variable: str, value: str, advice: str
) -> None:
    server = configured(tmp_path, good() | {variable: value})
    refused = server.command("db", "upgrade", check=False)
    assert refused.returncode == 1
    [line] = refused.stderr.splitlines()
    assert line.startswith(f"Error: {variable}: ")
    assert advice in line
    assert not (tmp_path / "var").exists()


def test_mode_dev_starts_with_short_passwords(tmp_path: Path) -> None:
    weak = {
        "XSUAA_BROKER_PASSWORD": "x",
        "XSUAA_METRICS_TOKEN": "x",
        "XSUAA_PUBLIC_URL": "http://uaa.example.org",
    }
    configured(tmp_path, weak).command("db", "upgrade")
