"""Lengths of time on the command line: ``30m``, ``12h``, ``7d``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click import Context, Parameter

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class Duration(click.ParamType[timedelta]):
    """A number with a unit."""

    name = "duration"

    def convert(
        self, value: str | timedelta, param: Parameter | None, ctx: Context | None
    ) -> timedelta:
        """Return the length of time, or fail with the forms that are allowed."""
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([0-9]{1,5})([mhd])", value)
        if match is None:
            self.fail(f'"{value}" is no duration; allowed: 30m, 12h, 7d', param, ctx)
        return timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})
