"""What a login is for, sealed in its form: no anonymous request writes a row (I-93, D-42)."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from broker.compact_json import compact_json
from broker.login.browser.cookies import LOGIN_LIFETIME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.clock import Clock
    from broker.credentials.browser_values import BrowserValues
    from broker.identity.zone import Zone

FIELD: Final = "pending"
"""The name of the form's field."""

MAX_LENGTH: Final = 16_384
"""Characters of a sealed login."""

_KIND = "pending"
_MAX_CONTENT = 65_536


@dataclass(frozen=True, slots=True, repr=False)
class Pending:
    """A login in progress.

    ``parameters`` are those of the authorization request, which is checked again when the login
    is complete. Without them the login is for ``destination``, a page of this server. ``host`` is
    the ``Host`` header with which it began; ``started_at`` is in milliseconds since 1970:
    ``prompt=login`` demands a logon after it. ``consent`` lists the scopes on a consent page;
    ``hinted_user`` is the id of the only user for whom the application wants a response.
    """

    zone_index: int
    zone_guid: str
    host: str
    started_at: int
    parameters: Mapping[str, str]
    destination: str = ""
    consent: tuple[str, ...] = ()
    hinted_user: str = ""

    @property
    def client_id(self) -> str:
        """The id of the client, '' for a page of this server."""
        return self.parameters.get("client_id", "")

    def is_of(self, zone: Zone) -> bool:
        """Return whether the login is for this zone."""
        return (self.zone_index, self.zone_guid) == (zone.index, zone.guid)


@dataclass(frozen=True, slots=True)
class PendingLogins:
    """Seals and opens pending logins."""

    values: BrowserValues
    clock: Clock

    def start(
        self,
        zone: Zone,
        host: str,
        parameters: Mapping[str, str] | None = None,
        destination: str = "",
    ) -> Pending:
        """Return a login that begins now."""
        now = int(self.clock.now().timestamp() * 1000)
        return Pending(zone.index, zone.guid, host, now, dict(parameters or {}), destination)

    def seal(self, pending: Pending, binding: str) -> str:
        """Return the sealed login; only the browser with this ``binding`` can continue it."""
        content = {
            "at": int(self.clock.now().timestamp()),
            "zone": [pending.zone_index, pending.zone_guid],
            "started": pending.started_at,
            "parameters": dict(pending.parameters),
            "to": pending.destination,
            "consent": pending.consent,
            "user": pending.hinted_user,
        }
        text = zlib.compress(compact_json(content))
        return self.values.seal(_KIND, text, binding, pending.host)

    def open(self, text: str, binding: str, host: str) -> Pending | None:
        """Return the login, None if it is changed, expired, of another browser or another host."""
        sealed = len(text) <= MAX_LENGTH and self.values.open(_KIND, text, binding, host)
        if not sealed:
            return None
        # Authentic: this class has written it.
        content = json.loads(zlib.decompressobj().decompress(sealed, _MAX_CONTENT))
        if self.clock.now() >= datetime.fromtimestamp(content["at"], UTC) + LOGIN_LIFETIME:
            return None
        index, guid = content["zone"]
        return Pending(
            zone_index=index,
            zone_guid=guid,
            host=host,
            started_at=content["started"],
            parameters=content["parameters"],
            destination=content["to"],
            consent=tuple(content["consent"]),
            # Absent in forms of the version before.
            hinted_user=content.get("user", ""),
        )
