"""The filters of the audit trail in the URL, and the command that selects the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from broker.audit.search import AuditFilter, Position
from broker.console.shell import command
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.console.request import ConsoleRequest

LIST: Final = "/console/zones/<zone>/audit"
ALL: Final = "/console/audit"
ONE: Final = f"{LIST}/<event>"
ONE_OF_ALL: Final = f"{ALL}/<event>"

EVERYTHING: Final = "all"
DEFAULT: Final = "30"
PERIODS: Final = ("1", "7", DEFAULT, "90", "365", EVERYTHING)
"""The values of the parameter ``days``."""

OUTCOMES: Final = ("done", "refused")
BEFORE: Final = "before"
"""The parameter with the place after which the list continues."""
_TEXTS = ("action", "outcome", "actor", "subject", "instance", "binding")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the URL selects; ``texts`` are the parameters that are not ''."""

    zone_guid: str
    texts: Mapping[str, str]
    days: str
    since: datetime | None
    until: datetime | None
    since_day: str
    until_day: str
    before: Position | None

    @classmethod
    def of(cls, asked: ConsoleRequest) -> Filters:
        """Return the filters; raise InvalidRequest for a day that does not exist.

        Events of the last 30 days are selected unless the URL says otherwise. An unknown period,
        outcome or place is ignored.
        """
        query, days = asked.query, asked.query.get("days", "")
        since_day, until_day = query.get("since", ""), query.get("until", "")
        since = _day("since", since_day) if since_day else None
        until = _day("until", until_day) + timedelta(days=1) if until_day else None
        if days not in PERIODS:
            days = DEFAULT
        if since is None and days != EVERYTHING:
            since = min(until or asked.now, asked.now) - timedelta(days=int(days))
        found = {name: query.get(name, "").strip() for name in _TEXTS}
        if found["outcome"] not in OUTCOMES:
            found["outcome"] = ""
        return cls(
            asked.zone_guid if asked.zone else "",
            {name: text for name, text in found.items() if text},
            days,
            since,
            until,
            since_day,
            until_day,
            Position.parse(query.get(BEFORE, "")),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether the URL selects something."""
        return bool(self.texts or self.since_day or self.until_day) or self.days != DEFAULT

    @property
    def search(self) -> AuditFilter:
        """The filter of the trail."""
        texts = self.texts
        return AuditFilter(
            instance_id=texts.get("instance", ""),
            binding_id=texts.get("binding", ""),
            action=texts.get("action", ""),
            zone_guid=self.zone_guid,
            actor=texts.get("actor", ""),
            subject=texts.get("subject", ""),
            outcome=texts.get("outcome", ""),
            since=self.since,
            until=self.until,
        )

    @property
    def command(self) -> str:
        """The command that lists the same events."""
        words = ["audit", "list"]
        if self.zone_guid:
            words += ["--zone", self.zone_guid]
        for name, text in self.texts.items():
            words += [f"--{name}", text]
        if self.since is not None:
            is_age = not self.since_day and self.until is None
            words += ["--since", f"{self.days}d" if is_age else _moment(self.since)]
        if self.until is not None:
            words += ["--until", _moment(self.until)]
        return command(*words)


def _day(name: str, text: str) -> datetime:
    """Return the start of the day (UTC)."""
    try:
        found = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        found = None
    # Days nearer to the limits of the calendar cannot be counted from.
    if found is None or not 1970 <= found.year < 9999:  # noqa: PLR2004
        raise InvalidRequest.at(name, f"{text[:40]!a}", "a day such as 2026-01-31, from 1970 on")
    return found


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M}"
