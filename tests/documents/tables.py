"""Cells and rows of tables in Markdown."""

from __future__ import annotations


def code(text: object) -> str:
    """Return a code span with a text that may contain backquotes."""
    return f"`` {text} ``" if "`" in str(text) else f"`{text}`"


def row(*cells: str) -> str:
    """Return a row; a vertical bar in a cell is escaped."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
