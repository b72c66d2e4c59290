"""The fenced blocks of a page, and what the comments directly above them say about running them.

CONTRIBUTING.md describes the comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = "sh"
"""The language of blocks with commands."""

NOT_RUN = "not run"
OWN_TERMINAL = "own terminal"
PRINTS = "prints"
NAMES = (NOT_RUN, OWN_TERMINAL, PRINTS)

_COMMENT = re.compile(r"^<!-- ([a-z ]+): (.+) -->$")
_FENCE = re.compile(r"^(\s*)```(\S*)\s*$")


@dataclass(frozen=True)
class Block:
    """A fenced block."""

    page: str
    line: int
    """The number of its opening fence."""
    language: str
    text: str
    remarks: tuple[tuple[str, str], ...]
    """Name and text of each comment."""

    def said(self, name: str) -> list[str]:
        """Return the texts of the comments of this name."""
        return [text for each, text in self.remarks if each == name]

    @property
    def is_run(self) -> bool:
        """Whether a reader pastes it."""
        return self.language == COMMANDS and not self.said(NOT_RUN)

    def __str__(self) -> str:
        """Return where it stands."""
        return f"{self.page}:{self.line}"


def blocks_of(root: Path, page: str) -> list[Block]:
    """Return the blocks of a page in their order."""
    lines = (root / page).read_text().splitlines()
    found: list[Block] = []
    number = 0
    while number < len(lines):
        opening = _FENCE.match(lines[number])
        if opening is None:
            number += 1
            continue
        indentation, language = opening.groups()
        end = lines.index(f"{indentation}```", number + 1)
        text = "".join(f"{line.removeprefix(indentation)}\n" for line in lines[number + 1 : end])
        found.append(Block(page, number + 1, language, text, _remarks_above(lines, number)))
        number = end + 1
    return found


def _remarks_above(lines: list[str], number: int) -> tuple[tuple[str, str], ...]:
    remarks: list[tuple[str, str]] = []
    while number and (comment := _COMMENT.match(lines[number - 1].strip())):
        remarks.insert(0, (comment[1], comment[2]))
        number -= 1
    return tuple(remarks)
