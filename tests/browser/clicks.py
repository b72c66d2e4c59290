"""A person at the console who needs few clicks for a task."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.browser.login_form import log_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server

MAX_CLICKS = 4


@dataclass
class Clicks:
    """Counts the clicks since the start page."""

    page: Page
    made: list[str] = field(default_factory=list)

    def __call__(self, name: str, role: str = "link") -> None:
        """Click a link or button in the page's content, or in its navigation."""
        self.made.append(name)
        assert len(self.made) <= MAX_CLICKS, self.made
        found = self.page.get_by_role("link" if role == "link" else "button", name=name, exact=True)
        with self.page.expect_navigation():
            found.first.click()


def entered(server: Server, people: People, visitor: Visitor, collection: str) -> Clicks:
    """Return the start page of a person with this role collection."""
    name = people.create()
    people.run_json("role-collections", "assign", collection, "--user", name)
    page = visitor.open(f"{server.url}/console/login?zone={people.zone}")
    log_in(page, name)
    assert page.url == f"{server.url}/console"
    return Clicks(page)
