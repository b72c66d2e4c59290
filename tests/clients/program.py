"""Runs a small application in a separate process and environment."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from tests.support.secrets_in_logs import MINTED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PATIENCE_SECONDS = 60

Answer = dict[str, Any]


def answers_of(
    program: Sequence[str | Path], environment: Mapping[str, str], commands: Sequence[Any]
) -> list[Answer]:
    """Run the program with only this environment; return its response to each command."""
    ended = subprocess.run(
        program,
        env=dict(environment),
        input=json.dumps(commands),
        text=True,
        capture_output=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    if ended.returncode:
        raise RuntimeError(f"{program[-1]} ended with {ended.returncode}:\n{ended.stderr}")
    answers: list[Answer] = json.loads(ended.stdout)["answers"]
    MINTED.remember(answers)
    return answers
