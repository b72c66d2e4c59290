"""Versions of resources: ``If-Match`` and ``ETag``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from broker.api.route import Header
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from broker.api.request import ApiRequest

IF_MATCH: Final = Header("If-Match")

_EXPECTED = re.compile(r'("?)(?:\*|([0-9]{1,10}))\1')
_MAX_LENGTH = 32
_RULE = '*, 3 or "3"'


def required_version(request: ApiRequest, method: str) -> int | None:
    """Return the version that the request expects, None for any.

    Raises InvalidRequest if the header is missing; ``method`` is that of UAA's text.
    """
    if not request.headers[IF_MATCH.name].strip():
        raise InvalidRequest.saying(
            f"Missing If-Match for {method}", [Violation("header If-Match", "missing", _RULE)]
        )
    return expected_version(request)


def expected_version(request: ApiRequest) -> int | None:
    """Return the version that the request expects, None for any and without the header."""
    given = request.headers[IF_MATCH.name].strip()
    if not given:
        return None
    match = _EXPECTED.fullmatch(given[:_MAX_LENGTH])
    if match is None:
        raise InvalidRequest.saying(
            "Invalid version match header (should be a version number):"
            f" {printable(given, _MAX_LENGTH)}",
            [Violation("header If-Match", f'"{printable(given, _MAX_LENGTH)}"', _RULE)],
        )
    return int(match[2]) if match[2] else None


def etag(version: int) -> tuple[tuple[str, str], ...]:
    """Return the header with the version of the resource in the response."""
    return (("ETag", f'"{version}"'),)
