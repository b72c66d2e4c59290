"""Error output of commands: lines on stderr and exit status 1, without a traceback."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from broker.cli.installation import database_name
from broker.errors import (
    BindingNotFound,
    BrokerError,
    Busy,
    ForbiddenChange,
    InstanceNotFound,
    InvalidRequest,
    NotFound,
    StoreUnavailable,
    Violation,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


_ABOUT_DATABASE = (BindingNotFound, Busy, InstanceNotFound, NotFound, StoreUnavailable)
"""Errors that a command on another database would not have."""


@contextmanager
def report_errors(file: str | None = None) -> Iterator[None]:
    """Print a BrokerError on stderr and exit with status 1.

    With the name of the input file, each violation of the input is a line that names it.
    Errors of the database, and of what is not in it, name the database.
    """
    try:
        yield
    except BrokerError as error:
        if file is not None and isinstance(error, InvalidRequest | ForbiddenChange):
            for violation in error.violations or [error]:
                click.secho(f"Error: {_in_file(file, violation)}", fg="red", err=True)
            sys.exit(1)
        # Messages of database drivers name hosts and files, never a password.
        cause = getattr(error.__cause__, "orig", None)
        for line in str(error).splitlines():
            click.secho(f"Error: {line}", fg="red", err=True)
        if cause is not None:
            click.secho(f"  {str(cause).strip()}", err=True)
        if isinstance(error, _ABOUT_DATABASE) and (name := database_name()):
            click.secho(f"  Database: {name}", err=True)
        sys.exit(1)


def _in_file(file: str, found: Violation | BrokerError) -> str:
    # The path of a file that is no JSON object is its name.
    has_name = isinstance(found, Violation) and found.path == file
    return str(found) if has_name else f"{file}: {found}"
