"""OSB headers: API version and originating identity (OSB-HDR)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from broker.errors import InvalidRequest
from broker.json_text.reader import MalformedJson, read_object

VERSION = "X-Broker-API-Version"
ORIGINATING_IDENTITY = "X-Broker-API-Originating-Identity"
REQUEST_IDENTITY = "X-Broker-API-Request-Identity"

MAX_IDENTITY = 16_384
"""Characters of the originating identity; Kubernetes sends the user's groups in it."""

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
    name = f"header {ORIGINATING_IDENTITY}"
    if len(header) > MAX_IDENTITY:
        raise InvalidRequest.at(
            name, f"{len(header)} characters", f"at most {MAX_IDENTITY} characters"
        )
    platform, _, encoded = header.partition(" ")
    try:
        value = read_object(base64.b64decode(encoded.strip(), validate=True))
    except MalformedJson as error:
        found = f"malformed: {error.found}"
    except (binascii.Error, ValueError):
        found = "malformed: no base64"
    else:
        if platform:
            return {"platform": platform, "value": value}
        found = "malformed: no platform"
    raise InvalidRequest.at(name, found, "<platform> <base64 of a JSON object>")
