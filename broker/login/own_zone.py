"""The zone of the pages that belong to no application: passcode, own sessions and password."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from flask import request

from broker.errors import BrokerError, ZoneNotFound
from broker.identity.zone import OPERATOR_INDEX
from broker.login.pages.errors import PageError, error_response, prefers_html
from broker.login.pages.problems import Problem
from broker.login.pages.views import ZoneChoicePage, ZoneLink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Blueprint, Response

    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.login.browser.browser import Browser
    from broker.login.pages.rendering import Pages
    from broker.transactions import Transactions

_MAX_NAME = 64

PARAMETER = "zone"
"""The parameter with the subdomain or GUID of the zone, for hosts that several zones share."""


class ZoneNotNamed(BrokerError):
    """The request to a host that zones share names none of them."""

    def __init__(self, users: Sequence[User]) -> None:
        """``users`` are those of the browser's sessions, not exactly one."""
        self.users = tuple(users)
        super().__init__(f"The parameter {PARAMETER} is missing: it has the name of a zone.")


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

        On a host that zones share, without the parameter, it is that of the only live session;
        with none or several ZoneNotNamed is raised.
        """
        name = self.browser.subdomain() or request.args.get(PARAMETER, "")[:_MAX_NAME]
        if name:
            zone = self.store.read(lambda store: store.zones.named(name))
            return zone or self._operator_zone(name)
        sessions = self.browser.all_sessions()
        if len(sessions) != 1:
            raise ZoneNotNamed([session.user for session in sessions])
        return sessions[0].user.zone

    def _operator_zone(self, name: str) -> Zone:
        """Return the operator's zone to a browser with a session there; raise ZoneNotFound."""
        session = self.browser.session_numbered(OPERATOR_INDEX)
        if session is None or session.user.zone.guid != name:
            raise ZoneNotFound
        return session.user.zone


def offer_zones(blueprint: Blueprint, pages: Pages) -> None:
    """Show the zones of the browser's sessions if a request in the blueprint names none.

    Without sessions, and for forms, which name their zone, it is an error.
    """

    @blueprint.errorhandler(ZoneNotNamed)
    def choose(error: ZoneNotNamed) -> Response:
        if not error.users or request.method != "GET" or not prefers_html():
            return error_response(pages, PageError(Problem.ZONE_NOT_NAMED, str(error)))
        zones = tuple(
            ZoneLink(user.zone.guid, user.zone.subdomain, user.name) for user in error.users
        )
        return pages.response(ZoneChoicePage(path=request.path, zones=zones))
