"""Text of a client for the log: bounded, and without anything that has the form of a secret."""

from __future__ import annotations

import re
from itertools import groupby

MASK = "***"

MAX_CLIENT_TEXT = 128
"""Characters of a client's text in a log line."""

# The shortest secret of 128 bits in base64 has 22 characters, an instance secret 28.
_MIN_RUN = 22
_MAX_HEX = 32
"""Digits of a UUID or a trace id without hyphens."""
_NAME = re.compile(r"[a-z_.\-]{12,}")
_PATH_WORDS = frozenset(
    {"v2", "catalog", "oauth", "token", "revoke", "client", "check_token", "introspect"}
)
"""Segments shorter than ``_NAME``, beside which one in upper and lower case may stand."""

# Every pattern begins and continues with characters that exclude each other: matching takes time in
# proportion to the text.
_NAMED = re.compile(
    r"-----BEGIN.*"
    r"|\beyJ[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]*)*"
    r"|\b(?:basic|bearer)[ +][^\s&;,]+",
    re.IGNORECASE | re.DOTALL,
)
_PARAMETER = re.compile(
    r"""((?:secret|password|passcode|token|assertion|authorization)["']?[=:] ?["']?)[^\s&;,"']+""",
    re.IGNORECASE,
)
_PATH_PARAMETER = re.compile(r"(=|%(?:25)*3D)[^/;&?]+", re.IGNORECASE)
_RUN = re.compile(rf"[A-Za-z0-9+_%\-]{{{_MIN_RUN},}}={{0,2}}")
_RUN_WITH_SLASHES = re.compile(rf"[A-Za-z0-9+/_%\-]{{{_MIN_RUN},}}={{0,2}}")
_CUT_RUN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+_%-="
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONG_HEX = re.compile(rf"[0-9a-f]{{{_MAX_HEX + 1},}}", re.IGNORECASE)
_WORDS = re.compile(r"[a-z]*(?:[_\-]?[A-Z][a-z]{2,})+")
_PLAIN_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PLAIN_PATH = re.compile(rf"(?:/(?:{_PLAIN_UUID}|[a-z0-9_]{{1,21}})){{1,6}}")
_PLAIN_ID = re.compile(rf"{_PLAIN_UUID}|[0-9a-f]{{32}}|[A-Za-z0-9._\-]{{1,21}}")


def without_secrets(
    text: str, max_length: int = MAX_CLIENT_TEXT, *, with_slashes: bool = True
) -> str:
    """Return the first ``max_length`` characters of the text, with possible secrets masked.

    Masked are JWTs, Basic and Bearer credentials, PEM, values of parameters such as
    ``client_secret``, hexadecimal numbers of more than 32 digits, and any other run of at least 22
    characters of base64 in upper and lower case, except UUIDs and camel case. A secret of lower
    case letters alone cannot be told from a name. ``with_slashes``: whether a run of base64 may
    contain slashes; names of files often have that form.
    """
    examined = 4 * max_length
    is_cut = len(text) > examined
    if is_cut:
        # A secret across the cut may be too short to be recognised.
        text = text[:examined].rstrip(_CUT_RUN)
    masked = _PARAMETER.sub(rf"\1{MASK}", _NAMED.sub(MASK, text))
    if with_slashes and "/" in masked:
        masked = _RUN_WITH_SLASHES.sub(_masked_segments, masked)
    masked = _RUN.sub(_masked_run, masked)
    return f"{masked[:max_length]}…" if is_cut or len(masked) > max_length else masked


def path_for_log(path: str) -> str:
    """Return the path of a request without secrets and without values of parameters.

    A client that escapes ``?`` sends a query in the path, with names that may be escaped again.
    """
    if _PLAIN_PATH.fullmatch(path):
        return path
    return _PATH_PARAMETER.sub(rf"\1{MASK}", without_secrets(path))


def usable_id(text: str) -> str | None:
    """Return a correlation id, cut to 128 characters; None if it may contain a secret.

    UUIDs, one or several, hexadecimal numbers of up to 32 digits and tokens of up to 21 characters
    are never taken for secrets.
    """
    if _PLAIN_ID.fullmatch(text):
        return text
    cut = text[:MAX_CLIENT_TEXT]
    return cut if without_secrets(text).removesuffix("…") == cut.removesuffix("…") else None


def _masked_run(found: re.Match[str]) -> str:
    run = found.group()
    # What surrounds UUIDs is examined alone.
    return MASK if _is_secret(_UUID.sub("", run)) else run


def _masked_segments(found: re.Match[str]) -> str:
    """Mask consecutive segments of a path that together may be base64 with slashes.

    Words of routes, UUIDs and long segments of lower case letters are names.
    """
    shown: list[str] = []
    for may_be_secret, group in groupby(found.group().split("/"), _may_be_base64):
        segments = list(group)
        is_secret = may_be_secret and _is_secret("/".join(segments))
        shown += [MASK] if is_secret else segments
    return "/".join(shown)


def _may_be_base64(segment: str) -> bool:
    is_name = segment in _PATH_WORDS or _NAME.fullmatch(segment) or _UUID.fullmatch(segment)
    return not is_name


def _is_secret(run: str) -> bool:
    if _LONG_HEX.search(run):
        return True
    is_mixed = run != run.lower() and run != run.upper()
    return len(run) >= _MIN_RUN and is_mixed and not _WORDS.fullmatch(run)
