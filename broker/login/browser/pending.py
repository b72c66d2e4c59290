"""What a login is for, sealed in its form: no anonymous request writes a row (I-93, D-42)."""

from __future__ import annotations

import base64
import binascii
import json
import os
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from broker.compact_json import compact_json
from broker.credentials.digest import keyed_digest
from broker.login.browser.cookies import LOGIN_LIFETIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.clock import Clock
    from broker.identity.zone import Zone
    from broker.login.browser.keys import LoginKeys

FIELD: Final = "pending"
"""The name of the form's field."""

MAX_LENGTH: Final = 16_384
"""Characters of a sealed login."""

_PURPOSE = "pending"
_VERSION = b"\x01"
_KEY_ID_BYTES, _SALT_BYTES, _NONCE_BYTES = 8, 16, 12
_HEADER_BYTES = len(_VERSION) + _KEY_ID_BYTES + _SALT_BYTES + _NONCE_BYTES
_MAX_CONTENT = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """A login in progress.

    ``parameters`` are those of the authorization request, which is checked again when the login
    is complete. Without them the login is for ``destination``, a page of this server. ``host`` is
    the ``Host`` header with which it began; ``started_at`` is in seconds since 1970, and decides
    whether the user has authenticated after ``prompt=login``.
    """

    zone_index: int
    zone_guid: str
    host: str
    started_at: int
    parameters: Mapping[str, str]
    destination: str = ""

    @property
    def client_id(self) -> str:
        """The client id of the authorization request, '' without one."""
        return self.parameters.get("client_id", "")

    def is_of(self, zone: Zone) -> bool:
        """Return whether the login is for this zone."""
        return (self.zone_index, self.zone_guid) == (zone.index, zone.guid)


@dataclass(frozen=True, slots=True)
class PendingLogins:
    """Seals and opens pending logins.

    Each has a key of its own, derived with a random salt: anonymous requests make as many as they
    like, more than AES-GCM allows for one key.
    """

    keys: LoginKeys
    clock: Clock

    def start(
        self,
        zone: Zone,
        host: str,
        parameters: Mapping[str, str] | None = None,
        destination: str = "",
    ) -> Pending:
        """Return a login that begins now."""
        now = int(self.clock.now().timestamp())
        return Pending(zone.index, zone.guid, host, now, dict(parameters or {}), destination)

    def seal(self, pending: Pending, binding: str) -> str:
        """Return the sealed login; only the browser with this ``binding`` can continue it."""
        content = {
            "at": int(self.clock.now().timestamp()),
            "zone": [pending.zone_index, pending.zone_guid],
            "host": pending.host,
            "started": pending.started_at,
            "parameters": dict(pending.parameters),
            "to": pending.destination,
        }
        key_id, key = self.keys.newest(_PURPOSE)
        salt, nonce = os.urandom(_SALT_BYTES), os.urandom(_NONCE_BYTES)
        header = _VERSION + key_id.to_bytes(_KEY_ID_BYTES) + salt + nonce
        text = zlib.compress(compact_json(content))
        sealed = _cipher(key, salt).encrypt(nonce, text, _bound_to(header, binding))
        return base64.urlsafe_b64encode(header + sealed).decode().rstrip("=")

    def open(self, text: str, binding: str, host: str) -> Pending | None:
        """Return the login, None if it is changed, expired, of another browser or another host."""
        if len(text) > MAX_LENGTH:
            return None
        try:
            envelope = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        except (UnicodeEncodeError, binascii.Error):
            return None
        header, sealed = envelope[:_HEADER_BYTES], envelope[_HEADER_BYTES:]
        content = self._content(header, sealed, binding)
        if content is None:
            return None
        sealed_at = datetime.fromtimestamp(content["at"], UTC)
        if self.clock.now() >= sealed_at + LOGIN_LIFETIME or content["host"] != host:
            return None
        index, guid = content["zone"]
        return Pending(
            zone_index=index,
            zone_guid=guid,
            host=host,
            started_at=content["started"],
            parameters=content["parameters"],
            destination=content["to"],
        )

    def _content(self, header: bytes, sealed: bytes, binding: str) -> Any:
        """Return the authentic content, which this module has written."""
        if len(header) != _HEADER_BYTES or header[:1] != _VERSION:
            return None
        key_id = int.from_bytes(header[1 : 1 + _KEY_ID_BYTES])
        key = self.keys.numbered(key_id, _PURPOSE)
        if key is None:
            return None
        salt, nonce = header[1 + _KEY_ID_BYTES : -_NONCE_BYTES], header[-_NONCE_BYTES:]
        try:
            text = _cipher(key, salt).decrypt(nonce, sealed, _bound_to(header, binding))
        except InvalidTag:
            return None
        return json.loads(zlib.decompressobj().decompress(text, _MAX_CONTENT))


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(keyed_digest(key, _PURPOSE, salt.hex()))


def _bound_to(header: bytes, binding: str) -> bytes:
    return header + binding.encode("utf-8", "surrogatepass")
