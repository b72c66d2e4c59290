"""Parameter types for durations and points in time: ``7d``, ``12h``, ``2026-11-21T10:00``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click import Context, Parameter

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LONGEST = timedelta(days=36_500)


class Duration(click.ParamType[timedelta]):
    """A duration such as ``7d``; ``0`` needs no unit."""

    name = "duration"

    def convert(
        self, value: str | timedelta, param: Parameter | None, ctx: Context | None
    ) -> timedelta:
        """Return the duration; a malformed one is a usage error."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"(\d{1,9})([smhdw])", "0s" if value == "0" else value)
        span = match and timedelta(seconds=int(match[1]) * _SECONDS[match[2]])
        if span is None or span > _LONGEST:
            self.fail(
                f"{value!r} is not a duration; use, for example, 30m, 12h, 7d or 0", param, ctx
            )
        return span


class Moment(click.ParamType[datetime]):
    """A time in ISO 8601 (UTC unless it has an offset), or a duration before now."""

    name = "moment"

    def convert(
        self, value: str | datetime, param: Parameter | None, ctx: Context | None
    ) -> datetime:
        """Return the time; a malformed one is a usage error."""
        if isinstance(value, datetime):
            return value
        if re.fullmatch(r"\d+[smhdw]", value):
            return datetime.now(UTC) - Duration().convert(value, param, ctx)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                f"{value!r} is not a time; use, for example, 2026-11-21T10:00, or 7d for seven"
                " days ago",
                param,
                ctx,
            )
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
