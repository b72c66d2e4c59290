"""Passwords on standard input: they never appear in arguments, which other users can list."""

from __future__ import annotations

import sys

from broker.errors import InvalidRequest

_MAX_BYTES = 8192


def read_password() -> str:
    """Return the single line of stdin, without its line break.

    Raises InvalidRequest if it is empty, too long, not UTF-8, or more than one line.
    """
    given = sys.stdin.buffer.read(_MAX_BYTES + 1)
    if len(given) > _MAX_BYTES:
        raise _refused(f"more than {_MAX_BYTES} bytes")
    try:
        text = given.decode()
    except UnicodeDecodeError:
        raise _refused("bytes that are not UTF-8") from None
    line = text.removesuffix("\n").removesuffix("\r")
    if not line:
        raise _refused("nothing")
    if "\n" in line or "\r" in line:
        raise _refused("several lines")
    return line


def _refused(found: str) -> InvalidRequest:
    return InvalidRequest.at("password on stdin", found, "one line of UTF-8 text")
