"""All pages of the console in a browser: accessible, narrow, dark, framed, and without script."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from broker.console.table import PAGES
from tests.support.browser import (
    OVERFLOWS,
    accessibility_findings,
    visiting,
)
from tests.support.console_world import ConsoleWorld
from tests.support.domain import Domain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, Route

    from tests.support.browser import Visitor
    from tests.support.databases import RecycledFile
    from tests.support.visitors import Visitor as Inside

ORIGIN = "https://uaa.example.org"
OPENED = [each for each in PAGES if each.method == "GET"]
HOSTILE = "<script>alert(1)</script>"

FLAWS = """
[...document.querySelectorAll("button, input:not([type=hidden]), select, textarea, a, summary")]
    .filter(each => {
        if (!each.checkVisibility({contentVisibilityAuto: true})) return false;
        const box = each.getBoundingClientRect();
        each.focus();
        const style = getComputedStyle(each);
        const isMarked = style.outlineStyle !== "none" || style.boxShadow !== "none";
        return !["A", "SUMMARY"].includes(each.tagName) && Math.min(box.width, box.height) < 24
            || box.width > 0 && !isMarked;
    })
    .map(each => each.outerHTML)
"""
"""Controls that are too small, or do not show that they have the focus."""


@pytest.fixture
def world(recycled_file: RecycledFile) -> Iterator[ConsoleWorld]:
    """A console with texts that would be elements; nothing depends on the kind of database."""
    domain = Domain(recycled_file.restored())
    yield ConsoleWorld(domain, HOSTILE)
    domain.close()


def serve(visitor: Visitor, inside: Inside) -> None:
    """Answer the visitor's requests as those of a person who is logged in, without a server."""

    def answer(route: Route) -> None:
        parts, headers = urlsplit(route.request.url), route.request.headers
        reply = inside.send(
            route.request.method,
            f"{parts.path}?{parts.query}",
            headers={"Accept-Language": headers["accept-language"]},
        )
        route.fulfill(status=reply.status, headers=dict(reply.headers), body=reply.text)

    visitor.context.route(f"{ORIGIN}/**", answer)


def each_page(visitor: Visitor, world: ConsoleWorld) -> Iterator[tuple[str, Page]]:
    page = visitor.open()
    for each in OPENED:
        page.goto(f"{ORIGIN}{world.url(each)}")
        yield each.name, page


def test_each_page(browser: Browser, world: ConsoleWorld) -> None:
    """I-97, TH-17: axe finds nothing in light and dark, no script or element of a name appears."""
    inside, found = world.enter("operator"), {}
    for dark, language in ((False, "en"), (True, "de")):
        with visiting(browser, dark=dark, language=language) as visitor:
            serve(visitor, inside)
            for name, page in each_page(visitor, world):
                assert page.locator("html").get_attribute("lang") == language
                assert page.locator("script").count() == 0, name
                # Only colours differ in the dark.
                if findings := accessibility_findings(page, *(["color-contrast"] if dark else [])):
                    found[name] = findings
            assert visitor.complaints == []
    assert found == {}


def test_each_page_is_narrow(browser: Browser, world: ConsoleWorld) -> None:
    """I-97: 320 pixels in the longer language; controls are large and show the focus."""
    with visiting(browser, language="de", width=320) as visitor:
        serve(visitor, world.enter("operator"))
        for name, page in each_page(visitor, world):
            assert not page.evaluate(OVERFLOWS), name
            assert page.evaluate(FLAWS) == [], name


def test_no_page_appears_in_a_frame(browser: Browser, world: ConsoleWorld) -> None:
    """TH-16: the browser shows its own page of an error instead."""
    frames = "".join(f"<iframe src='{ORIGIN}{world.url(each)}'></iframe>" for each in OPENED)
    with visiting(browser) as visitor:
        serve(visitor, world.enter("operator"))
        visitor.context.route(
            "https://frame.example.org/",
            lambda route: route.fulfill(body=frames, content_type="text/html"),
        )
        page = visitor.open("https://frame.example.org/")
        framed = page.frames[1:]
        assert len(framed) == len(OPENED)
        assert {each.url for each in framed} == {"chrome-error://chromewebdata/"}
