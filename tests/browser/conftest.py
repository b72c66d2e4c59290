"""The browser and its visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.browser import running_browser, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.support.browser import Visitor


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, started when the first test needs it."""
    with running_browser() as running:
        yield running


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """A visitor, whose browser must not complain."""
    with visiting(browser) as opened:
        yield opened
    assert opened.complaints == []
