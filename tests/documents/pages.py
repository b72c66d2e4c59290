"""The pages of the documentation, and what they contain."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = (
    *("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"),
    *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md")),
)

_FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


def text_of(page: str) -> str:
    """Return the text of a page; its path is relative to the repository."""
    return (ROOT / page).read_text()


def prose_of(page: str) -> str:
    """Return the text of a page without its fenced blocks."""
    return _FENCE.sub("", text_of(page))


def links_of(page: str) -> Iterator[tuple[str, str]]:
    """Yield target and anchor of each link to another page or file, or within the page."""
    for link in _LINK.findall(prose_of(page)):
        if "://" not in link:
            target, _, anchor = link.partition("#")
            yield target, anchor


def anchors_of(page: str) -> set[str]:
    """Return the anchors of the headings, as GitHub and GitLab make them."""
    found: set[str] = set()
    repeated: Counter[str] = Counter()
    for heading in _HEADING.findall(prose_of(page)):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower().replace("`", "")).replace(" ", "-")
        found.add(f"{anchor}-{repeated[anchor]}" if repeated[anchor] else anchor)
        repeated[anchor] += 1
    return found
