"""A browser without a window: one process, a fresh profile for each test."""

from __future__ import annotations

import os
import shlex
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from tests.support.chromium import Chromium, ChromiumMissingError, chromium

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from playwright._impl._api_structures import SetCookieParam
    from playwright.sync_api import (
        Browser,
        BrowserContext,
        BrowserType,
        ConsoleMessage,
        Cookie,
        Page,
    )

REQUIRED = "TESTS_REQUIRE_BROWSER"
"""Environment variable with which tests fail instead of being skipped without Chromium."""

OVERFLOWS = "document.documentElement.scrollWidth > innerWidth"
"""Whether a page has to be scrolled sideways."""

_NO_OTHER_MACHINE = (
    "MAP *.example.org 127.0.0.1",
    "MAP *.example.net 127.0.0.1",
    "MAP * ~NOTFOUND",
    "EXCLUDE localhost",
    "EXCLUDE 127.0.0.1",
)
_PATIENCE_MILLISECONDS = 60_000.0


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Yield Chromium, which finds no other machine.

    Names below example.org and example.net are this one. Skips the test without Chromium.
    """
    try:
        found = chromium()
    except ChromiumMissingError as error:
        if os.environ.get(REQUIRED):
            raise
        pytest.skip(str(error))
    with sync_playwright() as playwright, _launched(playwright.chromium, found) as browser:
        yield browser


@contextmanager
def with_ports(browser: Browser, ports: Mapping[str, int]) -> Iterator[Browser]:
    """Yield another browser, which finds https of these host names (``*.``) at these ports."""
    rules = [f"MAP {name}:443 127.0.0.1:{port}" for name, port in ports.items()]
    with _launched(browser.browser_type, chromium(), *rules) as another:
        yield another


@contextmanager
def in_network(browser: Browser, prefix: Sequence[str], program: Path) -> Iterator[Browser]:
    """Yield another browser, which ``prefix`` starts in a network; ``program`` is a new file."""
    found = chromium()
    program.write_text(f'#!/bin/sh\nexec {shlex.join([*prefix, str(found.program)])} "$@"\n')
    program.chmod(0o755)
    with _launched(browser.browser_type, Chromium(program, found.environment)) as another:
        yield another


@contextmanager
def _launched(kind: BrowserType, found: Chromium, *rules: str) -> Iterator[Browser]:
    browser = kind.launch(
        executable_path=found.program,
        env={**os.environ, **found.environment},
        args=[
            # Processes of root cannot use it; the pages are our own.
            "--no-sandbox",
            f"--host-resolver-rules={','.join((*rules, *_NO_OTHER_MACHINE))}",
            # Sites of the tests that no server serves would be outside the local network.
            "--disable-features=LocalNetworkAccessChecks",
        ],
    )
    try:
        yield browser
    finally:
        browser.close()


@dataclass
class Visitor:
    """A person at a browser with an empty profile; the certificates of tests are accepted."""

    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    """Errors and warnings on the console: violations of a content security policy are errors."""

    def open(self, url: str = "") -> Page:
        """Open a tab."""
        page = self.context.new_page()
        if url:
            page.goto(url)
        return page

    def sessions(self) -> list[Cookie]:
        """Return the session cookies."""
        return [each for each in self.context.cookies() if "xs-session" in each["name"]]

    def put(self, cookies: Iterable[Cookie]) -> None:
        """Put cookies back that the browser had."""
        self.context.add_cookies([cast("SetCookieParam", each) for each in cookies])

    def note(self, message: ConsoleMessage) -> None:
        """Remember a complaint; the status of a response is not one."""
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")


@contextmanager
def visiting(
    browser: Browser,
    *,
    dark: bool = False,
    language: str = "en",
    width: int = 1000,
    zoom: float = 1,
    user_agent: str | None = None,
) -> Iterator[Visitor]:
    """Yield a visitor; pages are laid out as in a window of this width in pixels."""
    context = browser.new_context(
        color_scheme="dark" if dark else "light",
        locale=language,
        viewport={"width": round(width / zoom), "height": round(800 / zoom)},
        device_scale_factor=zoom,
        user_agent=user_agent,
        ignore_https_errors=True,
    )
    context.set_default_timeout(_PATIENCE_MILLISECONDS)
    visitor = Visitor(context)
    context.on("console", visitor.note)
    try:
        yield visitor
    finally:
        context.close()


def frame_refusal(page: Page, url: str, framed: str) -> str | None:
    """Go to a page with a frame of the URL ``framed``; return why the frame is refused."""
    with page.expect_event("requestfailed", lambda request: request.url == framed) as refused:
        page.goto(url)
    failure: str | None = refused.value.failure
    return failure


def accessibility_findings(page: Page, *rules: str) -> str:
    """Return what axe finds on the page, by these rules or all; empty if nothing."""
    options = {"runOnly": {"type": "rule", "values": rules}} if rules else None
    results = Axe().run(page, options=options)
    return results.generate_report() if results.violations_count else ""
