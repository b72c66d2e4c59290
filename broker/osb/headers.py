"""OSB headers: API version and originating identity (OSB-HDR)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from broker.errors import InvalidRequest

VERSION = "X-Broker-API-Version"
ORIGINATING_IDENTITY = "X-Broker-API-Originating-Identity"
REQUEST_IDENTITY = "X-Broker-API-Request-Identity"

_MAJOR, _MIN_MINOR = 2, 13
_SUPPORTED = f"{_MAJOR}.{_MIN_MINOR} or a newer {_MAJOR}.x"


class UnsupportedVersion(Exception):
    """The platform uses an API version that this broker does not support (412)."""

    def __init__(self, version: str) -> None:
        """``version`` is the one that the platform sent."""
        super().__init__(f'{VERSION}: "{version}" is not supported; allowed: {_SUPPORTED}')


def check_version(version: str | None) -> None:
    """Raise InvalidRequest for a missing or malformed version, UnsupportedVersion for another."""
    if not version:
        raise InvalidRequest.at(f"header {VERSION}", "missing", _SUPPORTED)
    match = re.fullmatch(r"([0-9]{1,4})\.([0-9]{1,4})", version)
    if match is None:
        raise InvalidRequest.at(f"header {VERSION}", "not of the form MAJOR.MINOR", _SUPPORTED)
    major, minor = int(match.group(1)), int(match.group(2))
    if major != _MAJOR or minor < _MIN_MINOR:
        raise UnsupportedVersion(match.group(0))


def parse_originating_identity(header: str | None) -> dict[str, Any] | None:
    """Return platform and value of the header, None without one (OSB-HDR-06, OSB-HDR-07).

    Raises InvalidRequest if it is malformed.
    """
    if header is None:
        return None
    platform, _, encoded = header.partition(" ")
    try:
        value = json.loads(base64.b64decode(encoded.strip(), validate=True))
    except (binascii.Error, ValueError, RecursionError):
        value = None
    if not platform or not isinstance(value, dict):
        raise InvalidRequest.at(
            f"header {ORIGINATING_IDENTITY}", "malformed", "<platform> <base64 of a JSON object>"
        )
    return {"platform": platform, "value": value}
