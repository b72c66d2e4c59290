"""OSB headers (OSB-HDR-01 to -04, -06, -07)."""

from __future__ import annotations

import base64
import json

import pytest

from broker.errors import InvalidRequest
from broker.osb.headers import UnsupportedVersion, check_version, parse_originating_identity


@pytest.mark.parametrize("version", ["2.13", "2.15", "2.17", "2.18", "2.100"])
def test_usable_versions(version: str) -> None:
    check_version(version)


@pytest.mark.parametrize("version", ["2.12", "2.0", "1.17", "3.0"])
def test_an_unsupported_version_is_refused_with_the_supported_ones(version: str) -> None:
    with pytest.raises(UnsupportedVersion, match=r"2\.13 or a newer 2\.x"):
        check_version(version)


@pytest.mark.parametrize(
    "version", [None, "", "abc", "v2.17", "2.x", "2.17-beta", "2", "2.17.0", "2." + "9" * 99, "²,₁"]
)
def test_no_version_is_an_invalid_request(version: str | None) -> None:
    with pytest.raises(InvalidRequest, match="X-Broker-API-Version"):
        check_version(version)


def encoded(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


def test_a_usable_or_absent_identity() -> None:
    assert parse_originating_identity(None) is None
    header = f"cloudfoundry {encoded({'user_id': 'x'})}"
    assert parse_originating_identity(header) == {
        "platform": "cloudfoundry",
        "value": {"user_id": "x"},
    }


@pytest.mark.parametrize(
    "header",
    [
        "",
        "cloudfoundry",
        "cloudfoundry !!!",
        f"cloudfoundry {encoded([])}",
        f"cloudfoundry {encoded('x')}",
        f" {encoded({})}",
        "cloudfoundry " + base64.b64encode(b"\xff\xfe").decode(),
        "cloudfoundry " + base64.b64encode(b'{"a":' * 2000).decode(),
    ],
)
def test_a_malformed_identity_is_an_invalid_request(header: str) -> None:
    with pytest.raises(InvalidRequest, match="X-Broker-API-Originating-Identity"):
        parse_originating_identity(header)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("cloudfoundry " + "A" * 100_000, "100013 characters; at most 16384"),
        ("cloudfoundry " + base64.b64encode(b'{"user_id": NaN}').decode(), "NaN at line 1"),
        ("cloudfoundry " + base64.b64encode(b'{"a": 1, "a": 2}').decode(), 'duplicate key "a"'),
        ("cloudfoundry !!!", "no base64"),
        (f" {encoded({})}", "no platform"),
    ],
)
def test_the_reason_is_named(header: str, reason: str) -> None:
    with pytest.raises(InvalidRequest, match=reason):
        parse_originating_identity(header)
