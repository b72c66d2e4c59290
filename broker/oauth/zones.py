"""The zone named by a request without client authentication; it must exist."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import request

from broker.errors import GrantRefused, ZoneNotFound
from broker.ids import is_canonical_guid

if TYPE_CHECKING:
    from broker.addresses import Addresses
    from broker.tokens.ports import Zones

_SUBDOMAIN = re.compile(r"[a-z0-9\-]{1,63}")


@dataclass(frozen=True, slots=True)
class RequestZone:
    """Reads the zone from the host name and from the parameter ``zid``."""

    addresses: Addresses
    zones: Zones

    def subdomain(self) -> str | None:
        """Return the subdomain in the host name, None for the shared host.

        Raises ZoneNotFound if no zone has it: libraries report an invalid tenant for a 404 only.
        """
        named = self.addresses.zone_named_by(request.headers.get("Host", ""))
        if named is None:
            return None
        if not _SUBDOMAIN.fullmatch(named) or not self.zones.has_subdomain(named):
            raise ZoneNotFound
        return named

    def require_known_zid(self) -> None:
        """Raise GrantRefused for an unknown ``zid``; libraries turn this 400 into a clean 401."""
        zid = request.args.get("zid")
        if zid and not (is_canonical_guid(zid) and self.zones.has_guid(zid)):
            raise GrantRefused("invalid_request", "zid does not identify a zone of this service")
