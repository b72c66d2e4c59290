"""All pages, as a browser lays them out: accessible, narrow, zoomed, and without any script."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from flask import Blueprint, Flask

from broker.login.pages.rendering import Pages
from broker.login.pages.stylesheet import add_stylesheet
from tests.support.browser import OVERFLOWS, accessibility_findings, visiting
from tests.support.login_pages import HOSTILE, sample_pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flask import Response
    from playwright.sync_api import Browser, Page, Route

    from broker.login.pages.views import Page as View
    from tests.support.browser import Visitor

ORIGIN = "https://pages.example.org"
PAGES = sample_pages()

FLAWS = """
[...document.querySelectorAll("button, input:not([type=hidden]):not([aria-hidden]), a")]
    .filter(each => {
        const box = each.getBoundingClientRect();
        each.focus();
        const style = getComputedStyle(each);
        const isMarked = style.outlineStyle !== "none" || style.boxShadow !== "none";
        return each.tagName !== "A" && Math.min(box.width, box.height) < 24 || !isMarked;
    })
    .map(each => each.outerHTML)
"""
"""Controls that are too small, or do not show that they have the focus."""


@pytest.fixture(scope="module")
def pages() -> Flask:
    """An application that shows each page at its name."""
    return showing(PAGES)


def showing(views: Mapping[str, View]) -> Flask:
    app = Flask("pages")
    blueprint = Blueprint("pages", __name__)
    add_stylesheet(blueprint)

    @blueprint.get("/<name>")
    def show(name: str) -> Response:
        return Pages().response(views[name])

    app.register_blueprint(blueprint)
    return app


def serve(visitor: Visitor, app: Flask) -> None:
    """Answer the visitor's requests without a server."""

    def answer(route: Route) -> None:
        parts, headers = urlsplit(route.request.url), route.request.headers
        response = app.test_client().get(
            f"{parts.path}?{parts.query}", headers={"Accept-Language": headers["accept-language"]}
        )
        route.fulfill(
            status=response.status_code, headers=dict(response.headers), body=response.data
        )

    visitor.context.route(f"{ORIGIN}/**", answer)


def each_page(visitor: Visitor) -> Iterator[tuple[str, Page]]:
    page = visitor.open()
    for name in PAGES:
        page.goto(f"{ORIGIN}/{name}")
        yield name, page


@pytest.mark.parametrize(("dark", "language"), [(False, "en"), (True, "de")])
def test_axe_finds_nothing(browser: Browser, pages: Flask, language: str, *, dark: bool) -> None:
    """I-97."""
    with visiting(browser, dark=dark, language=language) as visitor:
        serve(visitor, pages)
        found = {}
        for name, page in each_page(visitor):
            assert page.locator("html").get_attribute("lang") == language
            # Only colours differ in the dark.
            if findings := accessibility_findings(page, *(["color-contrast"] if dark else [])):
                found[name] = findings
        assert found == {}
        assert visitor.complaints == []


def test_pages_reflow(browser: Browser, pages: Flask) -> None:
    """I-97: a window of 1280 pixels at 200 % and 400 % zoom; the longer language."""
    for zoom, width in ((2, 640), (4, 320)):
        with visiting(browser, language="de", width=1280, zoom=zoom) as visitor:
            serve(visitor, pages)
            for name, page in each_page(visitor):
                assert page.evaluate("innerWidth") == width
                assert not page.evaluate(OVERFLOWS), (name, zoom)


def test_targets_are_large_and_focus_is_visible(browser: Browser, pages: Flask) -> None:
    """WCAG 2.5.8 and 2.4.7."""
    with visiting(browser, width=320) as visitor:
        serve(visitor, pages)
        assert {name: page.evaluate(FLAWS) for name, page in each_page(visitor)} == {
            name: [] for name in PAGES
        }


def test_stored_names_never_become_elements(browser: Browser) -> None:
    """TH-17: no script runs, no element appears, and no policy is violated."""
    with visiting(browser) as visitor:
        serve(visitor, showing(sample_pages(HOSTILE)))
        for name, page in each_page(visitor):
            assert page.locator("script").count() == 0, name
            assert page.get_by_text("<script>alert(1)</script>").count() > 0, name
        assert visitor.complaints == []
