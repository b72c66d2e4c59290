"""Pages of the console with usual content: widths of windows, pictures of the documentation."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from broker.console.table import PAGES
from tests.browser.test_console import OPENED, ORIGIN, serve
from tests.support.browser import OVERFLOWS, visiting
from tests.support.console_pictures import PicturedWorld, pictured_world
from tests.support.databases import RecycledFile
from tests.support.domain import Domain, create_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright._impl._api_structures import FloatRect
    from playwright.sync_api import Browser

DOCS = Path(__file__).parents[2] / "docs"
WIDTHS = (1280, 1100, 320)
WIDTH, MAX_HEIGHT = 1100, 1300
"""Of pictures, in pixels."""
MAX_BYTES = 150 * 1024

SCROLLING = """
[...document.querySelectorAll(".scroll")]
    .filter(each => each.scrollWidth > each.clientWidth + 1)
    .map(each => each.outerHTML.slice(0, 200))
"""
"""Tables that have to be scrolled sideways."""


class Picture(NamedTuple):
    """A page in the documentation: its name in the table, colours, and parameters of the URL."""

    name: str
    dark: bool = False
    query: str = ""

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"console-{self.name.replace('.', '-').replace('_', '-')}.png"


PICTURES = (
    Picture("overview.zone"),
    Picture("instances.list"),
    Picture("instances.one"),
    Picture("instances.update", query="?binding-secret=on&x509=on&default=binding-secret"),
    Picture("migration.zone", dark=True),
    Picture("users.one"),
    Picture("role_collections.list"),
    Picture("role_collections.one", dark=True),
    Picture("access.explain"),
)


@pytest.fixture(scope="module")
def pictured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PicturedWorld]:
    """A zone with content; nothing depends on the kind of database."""
    file = RecycledFile(tmp_path_factory.mktemp("pictured"), create_keys)
    domain = Domain(file.restored())
    yield pictured_world(domain)
    domain.close()


def test_each_page_fits_the_window(browser: Browser, pictured: PicturedWorld) -> None:
    """I-97: no page and no table is scrolled sideways, in the longer language."""
    wrong = []
    with visiting(browser, language="de") as visitor:
        serve(visitor, pictured.enter("operator"))
        page = visitor.open()
        for each in OPENED:
            page.goto(f"{ORIGIN}{pictured.url(each)}")
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 800})
                if page.evaluate(OVERFLOWS) or page.evaluate(SCROLLING):
                    wrong.append((each.name, width, page.evaluate(SCROLLING)))
    assert wrong == []


def test_pictures_of_the_documentation(browser: Browser, pictured: PicturedWorld) -> None:
    """``UPDATE_PICTURES=true`` writes them; they are small, and the documentation shows them."""
    text, inside = (DOCS / "console.md").read_text(), pictured.enter("admin")
    for each in PICTURES:
        page_of_table = next(page for page in PAGES if page.name == each.name)
        with visiting(browser, dark=each.dark, width=WIDTH) as visitor:
            serve(visitor, inside)
            page = visitor.open(f"{ORIGIN}{pictured.url(page_of_table)}{each.query}")
            assert page.locator("h1").count() == 1, each.name
            height = min(MAX_HEIGHT, page.evaluate("document.documentElement.scrollHeight"))
            clip: FloatRect = {"x": 0, "y": 0, "width": WIDTH, "height": height}
            picture = page.screenshot(full_page=True, clip=clip)
        file = DOCS / "pictures" / each.file
        if os.environ.get("UPDATE_PICTURES"):
            file.write_bytes(picture)
        assert f"pictures/{each.file}" in text
        assert 0 < file.stat().st_size <= MAX_BYTES, each.name
        assert len(picture) <= MAX_BYTES, each.name


def test_pictures_do_not_change(tmp_path: Path, pictured: PicturedWorld) -> None:
    """Each run makes the same ids, names and times: pages differ in tokens of forms only."""
    domain = Domain(RecycledFile(tmp_path, create_keys).restored())
    again = pictured_world(domain)
    for each in PICTURES:
        page_of_table = next(page for page in PAGES if page.name == each.name)
        first, second = (
            world.enter("admin").send("GET", f"{world.url(page_of_table)}{each.query}").text
            for world in (pictured, again)
        )
        assert _without_tokens(first) == _without_tokens(second), each.name
    domain.close()


def _without_tokens(text: str) -> list[str]:
    return [line for line in text.splitlines() if 'name="csrf"' not in line]
