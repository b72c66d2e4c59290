"""The console's own cookie: a shorter idle time than that of the session (I-86).

The session is the product's: whatever ends it ends the console. The cookie says, sealed, in which
session the user works and when a page was last opened; it does not authenticate on its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from flask import request

from broker.compact_json import compact_json

if TYPE_CHECKING:
    from flask import Response

    from broker.authentication.session import Session
    from broker.clock import Clock
    from broker.credentials.browser_values import BrowserValues
    from broker.identity.zone import Zone
    from broker.login.browser.browser import Browser

FRESH: Final = timedelta(minutes=5)
"""How old the logon of a dangerous action may be (I-86)."""

_KIND = "console"
_MAX_LENGTH = 512
_RENEWED_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Visit:
    """What the cookie says: zone and row id of the session, 0 while the user logs on.

    The logon must be after ``since``; the last page was opened at ``seen``.
    """

    zone_index: int
    session_row_id: int
    since: datetime
    seen: datetime


@dataclass(frozen=True, slots=True)
class ConsoleSessions:
    """Finds the session in which the current request's user works in the console."""

    browser: Browser
    values: BrowserValues
    clock: Clock
    idle_end: timedelta

    def visit(self) -> Visit | None:
        """Return what the cookie says, whether or not it is still valid."""
        name = self.browser.cookies.console
        text = request.cookies.get(name, "")
        content = len(text) <= _MAX_LENGTH and self.values.open(_KIND, text, name)
        if not content:
            return None
        zone_index, row_id, since, seen = json.loads(content)  # sealed here
        return Visit(zone_index, row_id, _time(since), _time(seen))

    def of(self, visit: Visit | None) -> Session | None:
        """Return the live session of the visit, None if it has ended or was idle for too long."""
        if visit is None or self.clock.now() >= visit.seen + self.idle_end:
            return None
        session = self.browser.session_numbered(visit.zone_index)
        if session is None:
            return None
        is_own = visit.session_row_id == session.row_id
        is_new = visit.session_row_id == 0 and session.auth_time >= visit.since
        return session if is_own or is_new else None

    def is_fresh(self, session: Session) -> bool:
        """Return whether the logon is recent enough for a dangerous action."""
        return self.clock.now() < session.auth_time + FRESH

    def begin(self, response: Response, zone: Zone) -> None:
        """Set the cookie for a logon in the zone that begins now."""
        now = self.clock.now()
        self._set(response, Visit(zone.index, 0, now, now))

    def continued(self, response: Response, visit: Visit, session: Session) -> None:
        """Record that a page was opened, at most once a minute."""
        now = self.clock.now()
        if visit.session_row_id != session.row_id or now >= visit.seen + _RENEWED_AFTER:
            self._set(response, replace(visit, session_row_id=session.row_id, seen=now))

    def forget(self, response: Response) -> None:
        """Delete the cookie."""
        cookies = self.browser.cookies
        cookies.set(response, cookies.console, "", timedelta())

    def _set(self, response: Response, visit: Visit) -> None:
        cookies = self.browser.cookies
        content = [
            visit.zone_index,
            visit.session_row_id,
            _number(visit.since),
            _number(visit.seen),
        ]
        sealed = self.values.seal(_KIND, compact_json(content), cookies.console)
        cookies.set(response, cookies.console, sealed)


def _number(time: datetime) -> int:
    return int(time.timestamp() * 1000)


def _time(number: int) -> datetime:
    return datetime.fromtimestamp(number / 1000, UTC)
