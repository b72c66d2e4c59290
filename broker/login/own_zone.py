"""The zone of the pages that belong to no application: passcode, own sessions and password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flask import request

from broker.errors import ZoneNotFound

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from broker.login.browser.browser import Browser
    from broker.transactions import Transactions

_MAX_NAME = 64

PARAMETER = "zone"
"""The parameter with the subdomain or GUID of the zone, for hosts that several zones share."""


class FindsZones(Protocol):
    """Finds zones."""

    def named(self, name: str, /) -> Zone | None:
        """Return the zone with this index, GUID or subdomain, None if it does not exist."""


class WithZones(Protocol):
    """A transaction that reads zones."""

    @property
    def zones(self) -> FindsZones:
        """The repository of zones."""


@dataclass(frozen=True, slots=True)
class OwnZone:
    """Finds the zone of the current request."""

    browser: Browser
    store: Transactions[WithZones]

    def __call__(self) -> Zone:
        """Return the zone that the host name or the parameter identifies; raise ZoneNotFound.

        On a host that zones share, without the parameter, it is that of the only live session.
        """
        name = self.browser.subdomain() or request.args.get(PARAMETER, "")[:_MAX_NAME]
        if name:
            zone = self.store.read(lambda store: store.zones.named(name))
            if zone is None:
                raise ZoneNotFound
            return zone
        sessions = self.browser.all_sessions()
        if len(sessions) != 1:
            raise ZoneNotFound
        return sessions[0].user.zone
