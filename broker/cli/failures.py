"""How a command fails: one line on stderr and exit status 1, no traceback for a wrong setting."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from broker.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn our errors into lines on stderr and exit status 1."""
    try:
        yield
    except BrokerError as error:
        # What the driver says names hosts and files, and never a password.
        cause = getattr(error.__cause__, "orig", None)
        for line in str(error).splitlines():
            click.secho(f"Error: {line}", fg="red", err=True)
        if cause is not None:
            click.secho(f"  {str(cause).strip()}", err=True)
        sys.exit(1)
