"""Error output of commands: lines on stderr and exit status 1, without a traceback."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from broker.errors import BrokerError, ForbiddenChange, InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def report_errors(file: str | None = None) -> Iterator[None]:
    """Print a BrokerError on stderr and exit with status 1.

    With the name of the input file, each violation of the input is a line that begins with it.
    """
    try:
        yield
    except BrokerError as error:
        if file is not None and isinstance(error, InvalidRequest | ForbiddenChange):
            for violation in error.violations or [error]:
                click.secho(_in_file(file, violation), fg="red", err=True)
            sys.exit(1)
        # Messages of database drivers name hosts and files, never a password.
        cause = getattr(error.__cause__, "orig", None)
        for line in str(error).splitlines():
            click.secho(f"Error: {line}", fg="red", err=True)
        if cause is not None:
            click.secho(f"  {str(cause).strip()}", err=True)
        sys.exit(1)


def _in_file(file: str, found: Violation | BrokerError) -> str:
    # The path of a file that is no JSON object is its name.
    has_name = isinstance(found, Violation) and found.path == file
    return str(found) if has_name else f"{file}: {found}"
