"""Secrets and addresses too weak for mode production, and the commands for better ones (D-25)."""

from __future__ import annotations

from collections import Counter
from ipaddress import ip_address
from itertools import groupby, pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationInfo

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.settings.entries import PlatformSettings

MIN_CHARACTERS = 16
GENERATE_SECRET = "generate one: openssl rand -base64 24"  # noqa: S105 - a command
GENERATE_MASTER_KEY = 'generate one: echo "k1:$(openssl rand -base64 32)"'

_MIN_DIFFERENT = {str: 5, bytes: 8}
"""Different characters or bytes; fewer are practically impossible in a random secret."""


def secret_in_production(value: SecretStr, info: ValidationInfo) -> SecretStr:
    """Return the secret; raise ValueError if mode production refuses it as weak.

    An empty secret is a setting that is not set.
    """
    secret = value.get_secret_value()
    if secret and is_production(info) and (weakness := weakness_of_text(secret)):
        raise ValueError(f"{weakness}; {GENERATE_SECRET}")
    return value


def require_strong_keys(keys: Mapping[str, bytes]) -> None:
    """Raise ValueError if mode production refuses one of the master keys."""
    for key_id, key in keys.items():
        weakness = _regularity(key)
        if weakness is None and list(keys.values()).count(key) > 1:
            weakness = "is listed twice, under different ids"
        if weakness is not None:
            raise ValueError(f"key {key_id} {weakness}; {GENERATE_MASTER_KEY}")


def platforms_in_production(
    platforms: tuple[PlatformSettings, ...], info: ValidationInfo
) -> tuple[PlatformSettings, ...]:
    """Return the platforms; raise ValueError if mode production refuses one of their passwords."""
    for platform in platforms if is_production(info) else ():
        for member in ("password", "password_previous"):
            password = getattr(platform, member).get_secret_value()
            weakness = weakness_of_text(password) if password else None
            if password in {platform.name, platform.user}:
                weakness = "equals the name or the user"
            if weakness is not None:
                raise ValueError(
                    f"{member} of platform {platform.name} {weakness}; {GENERATE_SECRET}"
                )
    return platforms


def origin_in_production(value: str, info: ValidationInfo) -> str:
    """Return the origin; raise ValueError for http in mode production, except to this host."""
    url = urlsplit(value)
    if is_production(info) and url.scheme == "http" and not _is_loopback(url.hostname or ""):
        raise ValueError(
            "must begin with https://, because clients send secrets and receive tokens there;"
            f" for example: https://{url.hostname}"
        )
    return value


def weakness_of_text(secret: str) -> str | None:
    """Return what makes a password or token too weak, as a predicate; None if nothing does."""
    if len(secret.strip()) < MIN_CHARACTERS:
        return f"has fewer than {MIN_CHARACTERS} characters"
    return _regularity(secret.strip())


def _regularity(secret: str | bytes) -> str | None:
    """Return which regularity the secret has that random ones never have, or None."""
    values = [ord(each) for each in secret] if isinstance(secret, str) else list(secret)
    length = len(values)
    if max(len(list(run)) for _, run in groupby(values)) > length / 3:
        return "repeats one character" if isinstance(secret, str) else "repeats one byte"
    if any(values[period:] == values[:-period] for period in range(1, length * 2 // 3 + 1)):
        return "repeats a pattern"
    if _is_sequence(values):
        return "is a sequence"
    if len(set(values)) < _MIN_DIFFERENT[type(secret)]:
        return f"has only {len(set(values))} different values"
    return None


def _is_sequence(values: Sequence[int]) -> bool:
    """Return whether most steps are equal or at most 1, as in 0123, aabbcc and bytes 0, 3, 6."""
    steps = [(after - before) % 256 for before, after in pairwise(values)]
    small = sum(step in {0, 1, 255} for step in steps)
    [(_, most)] = Counter(steps).most_common(1)
    return max(small, most) >= len(steps) * 3 / 4


def is_production(info: ValidationInfo) -> bool:
    """Return whether the settings under validation are those of mode production."""
    return info.data.get("mode") == "production"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
