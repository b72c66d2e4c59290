"""An attempt to log on at a provider, kept by the browser until the callback (I-36, D-42).

The cookie of the attempt contains its sealed secrets and the pending authorization request. What of
the request does not fit there travels in ``state``. So an anonymous request writes no row.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from broker.compact_json import compact_json
from broker.credentials import base64url
from broker.errors import LogonInvalid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from broker.credentials.browser_values import BrowserValues
    from broker.identity.providers.provider import Provider

LIFETIME: Final = timedelta(minutes=10)
MAX_ATTEMPTS: Final = 3
"""Concurrent attempts of a browser, each with its cookie."""

MAX_COOKIE: Final = 1500
MAX_STATE: Final = 1024
"""Characters of the values."""

_CLOCK_DIFFERENCE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECRET_BYTES = 32
_NAME_CHARACTERS = 8
_KIND = "attempt at provider"
_STATE = re.compile(r"([A-Za-z0-9_\-]{43})(?:\.([A-Za-z0-9._~\-]*))?")
_PENDING = re.compile(r"[A-Za-z0-9._~\-]+")


class PendingTooLarge(ValueError):
    """The pending authorization request does not fit into cookie and ``state``."""


@dataclass(frozen=True, slots=True, repr=False)
class Attempt:
    """One attempt. ``state``, ``nonce`` and ``verifier`` of 256 bits follow from ``secret``.

    ``provider_row_id`` and ``issuer_digest`` are of the provider at the start: another provider
    with the same origin cannot continue. ``max_age`` in seconds, as in the request; ``is_fresh``:
    whether the user must authenticate again.
    """

    secret: str
    zone_guid: str
    origin: str
    provider_row_id: int
    issuer_digest: str
    started_at: datetime
    max_age: int | None = None
    is_fresh: bool = False

    @classmethod
    def at(
        cls,
        provider: Provider,
        now: datetime,
        max_age: int | None = None,
        *,
        is_fresh: bool = False,
    ) -> Attempt:
        """Return a new attempt at the provider."""
        return cls(
            secrets.token_urlsafe(_SECRET_BYTES),
            provider.zone.guid,
            provider.origin,
            provider.row_id,
            _digest(provider.issuer or ""),
            now,
            max_age,
            is_fresh,
        )

    @property
    def state(self) -> str:
        """The random part of ``state``."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """The value that the id token must repeat."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """The code verifier of PKCE."""
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """The S256 challenge of the verifier."""
        return _digest(self.verifier)

    def is_of(self, provider: Provider) -> bool:
        """Return whether the attempt began at this provider with its current issuer."""
        started_at = self.zone_guid, self.origin, self.provider_row_id, self.issuer_digest
        current = provider.zone.guid, provider.origin, provider.row_id
        return started_at == (*current, _digest(provider.issuer or ""))

    def _derived(self, use: str) -> str:
        return base64url.encode(hmac.digest(self.secret.encode(), use.encode(), "sha256"))


@dataclass(frozen=True, slots=True)
class Attempts:
    """Writes and reads the values of attempts in cookies and ``state``."""

    values: BrowserValues

    def sealed(self, attempt: Attempt, pending: str) -> tuple[str, str]:
        """Return the parameter ``state`` and the value of the cookie; raise PendingTooLarge.

        ``pending`` consists of unreserved characters of URIs (RFC 3986).
        """
        content = [
            *(attempt.secret, attempt.zone_guid, attempt.origin, attempt.provider_row_id),
            *(attempt.issuer_digest, _milliseconds(attempt.started_at), attempt.max_age),
            attempt.is_fresh,
            _digest(pending),
        ]
        sealed = self.values.seal(_KIND, compact_json(content))
        room = MAX_COOKIE - len(sealed) - 1
        kept, rest = pending[:room], pending[room:]
        state = f"{attempt.state}.{rest}" if rest else attempt.state
        if len(state) > MAX_STATE or _PENDING.fullmatch(pending) is None:
            raise PendingTooLarge
        return state, f"{sealed}.{kept}"

    def opened(self, cookie: str, state: str, now: datetime) -> tuple[Attempt, str]:
        """Return the attempt and the pending request; raise LogonInvalid.

        The cookie must be the one that was set with this ``state``, at most 10 minutes ago.
        """
        parts = _STATE.fullmatch(state) if len(state) <= MAX_STATE else None
        found = self._opened(cookie)
        if parts is None or found is None:
            raise LogonInvalid("the attempt is unknown")
        attempt, pending_digest = found
        _, _, kept = cookie.partition(".")
        pending = kept + (parts[2] or "")
        is_of_state = hmac.compare_digest(parts[1], attempt.state)
        if not is_of_state or not hmac.compare_digest(_digest(pending), pending_digest):
            raise LogonInvalid("the cookie is of another attempt")
        if not now - LIFETIME < attempt.started_at <= now + _CLOCK_DIFFERENCE:
            raise LogonInvalid("the attempt has expired")
        return attempt, pending

    def obsolete(self, cookies: Mapping[str, str], now: datetime) -> Iterable[str]:
        """Return the names of the cookies that make room for another attempt, the oldest ones."""
        started = {name: self._started_at(cookie) for name, cookie in cookies.items()}
        newest = sorted(started, key=lambda name: started[name], reverse=True)
        unusable = [name for name in newest if now >= started[name] + LIFETIME]
        return dict.fromkeys([*newest[MAX_ATTEMPTS - 1 :], *unusable])

    def _started_at(self, cookie: str) -> datetime:
        found = self._opened(cookie)
        return _EPOCH if found is None else found[0].started_at

    def _opened(self, cookie: str) -> tuple[Attempt, str] | None:
        sealed = cookie[: MAX_COOKIE + 1].partition(".")[0]
        content = self.values.open(_KIND, sealed) if len(cookie) <= MAX_COOKIE else None
        if content is None:
            return None
        # Authentic: this class has written it.
        *names, row_id, issuer, started_at, max_age, is_fresh, digest = json.loads(content)
        secret, zone_guid, origin = names
        began = _EPOCH + timedelta(milliseconds=started_at)
        attempt = Attempt(secret, zone_guid, origin, row_id, issuer, began, max_age, is_fresh)
        return attempt, str(digest)


def name_part(state: str) -> str:
    """Return the part of ``state`` that is in the name of the attempt's cookie."""
    return state[:_NAME_CHARACTERS]


def _milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // timedelta(milliseconds=1)


def _digest(text: str) -> str:
    return base64url.encode(hashlib.sha256(text.encode()).digest())
