"""JSON paths and values as text that is safe to show and to log."""

from __future__ import annotations

MAX_ECHO = 64


def json_path(location: tuple[int | str, ...]) -> str:
    """Return a path such as ``scopes[0].name``; ``$`` for the document itself."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{printable(step)}"
    return path.removeprefix(".") or "$"


def printable(text: str, max_length: int = MAX_ECHO) -> str:
    """Return the text truncated, with "?" for each character that is not printable."""
    kept = text[:max_length]
    if not kept.isprintable():
        kept = "".join(character if character.isprintable() else "?" for character in kept)
    return kept if len(text) <= max_length else f"{kept}…"
