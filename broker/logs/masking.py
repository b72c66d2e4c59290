"""Text of a client for the log: bounded, and without anything that has the form of a secret."""

from __future__ import annotations

import re

MASK = "***"

MAX_CLIENT_TEXT = 128
"""Characters of a client's text in a log line."""

_MAX_EXAMINED = 4 * MAX_CLIENT_TEXT

# The shortest secret of 128 bits in base64 has 22 characters, an instance secret 28.
_MIN_RUN = 22
_MAX_HEX = 32
"""Digits of a UUID or a trace id without hyphens."""

_RUN_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-%"

# Every alternative begins with a fixed text or character class and does not overlap what follows,
# so that matching takes linear time.
_NAMED = re.compile(
    r"-----BEGIN.*"
    r"|\beyJ[A-Za-z0-9_\-]+(?:\.[A-Za-z0-9_\-]*)*"
    r"|\b(?:basic|bearer)[ +][^\s&;,]+"
    r"|(?<=secret[=:])[^\s&;,]+|(?<=password[=:])[^\s&;,]+|(?<=passcode[=:])[^\s&;,]+"
    r"|(?<=token[=:])[^\s&;,]+|(?<=assertion[=:])[^\s&;,]+|(?<=authorization[=:])[^\s&;,]+",
    re.IGNORECASE | re.DOTALL,
)
_RUN = re.compile(rf"[A-Za-z0-9+_%\-]{{{_MIN_RUN},}}={{0,2}}")
_RUN_WITH_SLASHES = re.compile(rf"[A-Za-z0-9+/_%\-]{{{_MIN_RUN},}}={{0,2}}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_LONG_HEX = re.compile(rf"[0-9a-f]{{{_MAX_HEX + 1},}}", re.IGNORECASE)
_WORDS = re.compile(r"[a-z]*(?:[_\-]?[A-Z][a-z]{2,})+")
_PLAIN_PATH = re.compile(r"(?:/[a-z_]{1,21}){1,4}")
_PLAIN_ID = re.compile(
    r"[A-Za-z0-9._\-]{1,21}|[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)


def without_secrets(text: str) -> str:
    """Return the first 128 characters of the text, with everything masked that may be a secret.

    Masked are JWTs, Basic and Bearer credentials, PEM, values of parameters such as
    ``client_secret``, hexadecimal numbers of more than 32 digits, and any other run of at least 22
    characters of base64 in upper and lower case, except UUIDs and camel case. A secret of lower
    case letters alone cannot be told from a name.
    """
    is_cut = len(text) > _MAX_EXAMINED
    if is_cut:
        # A secret may begin before the cut and be too short afterwards to be recognised.
        text = text[:_MAX_EXAMINED].rstrip(_RUN_CHARACTERS)
    masked = _RUN.sub(_masked_run, _NAMED.sub(MASK, text))
    if "/" in masked:
        masked = _RUN_WITH_SLASHES.sub(_masked_path, masked)
    if is_cut or len(masked) > MAX_CLIENT_TEXT:
        return f"{masked[:MAX_CLIENT_TEXT]}…"
    return masked


def path_for_log(path: str) -> str:
    """Return the path of a request without secrets."""
    return path if _PLAIN_PATH.fullmatch(path) else without_secrets(path)


def usable_id(text: str) -> str | None:
    """Return a correlation id, cut to 128 characters; None if it contains a possible secret.

    UUIDs, one or several, hexadecimal numbers of up to 32 digits and tokens of up to 21 characters
    are never taken for secrets.
    """
    if _PLAIN_ID.fullmatch(text):
        return text
    return text[:MAX_CLIENT_TEXT] if without_secrets(text) in {text, f"{text[:128]}…"} else None


def _masked_run(found: re.Match[str]) -> str:
    run = found.group()
    rest = _UUID.sub("", run)
    if len(rest) == len(run):
        return MASK if _is_secret(run) else run
    # A binding secret begins with a GUID; what surrounds UUIDs is examined alone.
    return MASK if _is_secret(rest) else run


def _masked_path(found: re.Match[str]) -> str:
    """Mask consecutive segments that together may be base64 with slashes.

    A segment of lower case is a name, such as ``service_instances``, unless it is short.
    """
    segments = found.group().split("/")
    shown: list[str] = []
    suspects: list[str] = []
    for segment in [*segments, None]:
        if segment is not None and (segment != segment.lower() or 0 < len(segment) <= _SHORT):
            suspects.append(segment)
            continue
        joined = "/".join(suspects)
        shown += [MASK] if len(joined) >= _MIN_RUN and _is_secret(joined) else suspects
        suspects = []
        if segment is not None:
            shown.append(segment)
    return "/".join(shown)


_SHORT = 4


def _is_secret(run: str) -> bool:
    if _LONG_HEX.search(run):
        return True
    is_mixed = run != run.lower() and run != run.upper()
    return len(run) >= _MIN_RUN and is_mixed and not _WORDS.fullmatch(run)
