"""Commands to copy: names in them cannot become commands of their own."""

from __future__ import annotations

import shlex

PROGRAM = "xsuaa-broker"


def command(*words: str) -> str:
    """Return the command with these words, quoted for a POSIX shell."""
    return shlex.join((PROGRAM, *words))
