"""Error output of commands: lines on stderr and exit status 1, without a traceback."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from broker.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def report_errors() -> Iterator[None]:
    """Print a BrokerError on stderr and exit with status 1."""
    try:
        yield
    except BrokerError as error:
        # Messages of database drivers name hosts and files, never a password.
        cause = getattr(error.__cause__, "orig", None)
        for line in str(error).splitlines():
            click.secho(f"Error: {line}", fg="red", err=True)
        if cause is not None:
            click.secho(f"  {str(cause).strip()}", err=True)
        sys.exit(1)
