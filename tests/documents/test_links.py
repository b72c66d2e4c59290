"""Links between pages lead to a file and to a heading, and every page is found from the index."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.documents.pages import PAGES, anchors_of, links_of, prose_of, text_of
from tests.support.server import ROOT

INDEX = "docs/README.md"
_SHORT = {"README.md": 60, INDEX: 75}
"""The most lines of pages that fit one screen."""
_MAX_LINE = 120
_PARTLY_GENERATED = "docs/performance.md"
_SHARED_WORDS = 16
"""As many words in a row make a text that has been copied."""
_MAY_REPEAT = (
    "CHANGELOG.md",
    "docs/commands.md",
    "docs/conformance.md",
    "docs/decisions/",
    "docs/errors.md",
    "docs/numbers.md",
    "docs/settings.md",
)
"""Records, and references that show the texts of programs."""
_NAMED = re.compile(r"docs/[a-z0-9-]+\.md(?!\w)")


def resolved(page: str, target: str) -> str:
    """Return the path in the repository to which a link leads."""
    return os.path.normpath(Path(page).parent / target) if target else page


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page: str) -> None:
    for target, anchor in links_of(page):
        path = resolved(page, target)
        assert (ROOT / path).exists(), target
        if anchor:
            assert anchor in anchors_of(path), f"{target}#{anchor}"


def test_the_index_names_every_page() -> None:
    linked = {resolved(INDEX, target) for target, _ in links_of(INDEX)}
    pages = {each for each in PAGES if each.startswith("docs/") and each.count("/") == 1}
    assert pages - linked == {INDEX}
    assert INDEX in {resolved("README.md", target) for target, _ in links_of("README.md")}


@pytest.mark.parametrize(("page", "lines"), _SHORT.items())
def test_entry_pages_fit_a_screen(page: str, lines: int) -> None:
    assert len(text_of(page).splitlines()) <= lines


@pytest.mark.parametrize("page", [each for each in PAGES if each != _PARTLY_GENERATED])
def test_lines_are_short(page: str) -> None:
    """Except rows of tables and commands, which cannot be broken."""
    is_code = False
    for number, line in enumerate(text_of(page).splitlines(), 1):
        is_code ^= line.lstrip().startswith("```")
        if not is_code and not line.lstrip().startswith("|"):
            assert len(line) <= _MAX_LINE, f"{page}:{number}"


def test_texts_of_programs_and_files_name_pages_that_exist() -> None:
    folders = ("broker", "deploy", "migrations", "scripts", "benchmarks", "tests")
    names = ("*.py", "*.yaml", "*.yml", "*.service", "*.html")
    files = [file for folder in folders for name in names for file in (ROOT / folder).rglob(name)]
    files += [ROOT / each for each in ("Makefile", "Containerfile", "manifest.yml", ".env.example")]
    named = {
        (str(file.relative_to(ROOT)), page)
        for file in files
        if "node_modules" not in file.parts
        for page in _NAMED.findall(file.read_text())
    }
    assert len(named) > 10
    assert [each for each in named if not (ROOT / each[1]).exists()] == []


def test_no_text_is_on_two_pages() -> None:
    pages: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for page in PAGES:
        if not page.startswith(_MAY_REPEAT):
            words = re.findall(r"\w+", prose_of(page))
            for start in range(len(words) - _SHARED_WORDS + 1):
                pages[tuple(words[start : start + _SHARED_WORDS])].add(page)
    repeated = {" ".join(words): found for words, found in pages.items() if len(found) > 1}
    assert repeated == {}
