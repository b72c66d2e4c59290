"""One page of the console, as the table lists it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from broker.console.request import ConsoleRequest
    from broker.console.view import Done, View

Handler = Callable[[Any, "ConsoleRequest"], "View | Done"]
"""Takes the services and the request; raises BrokerError."""

MAX_FIELD: Final = 4000
"""Characters of a field or parameter, unless the page says otherwise."""

MAX_STATEMENTS: Final = 6
"""The database statements of a page, whatever it lists."""


@dataclass(frozen=True, slots=True)
class Navigation:
    """The place of a page in the navigation: a group, and the order within it."""

    group: Literal["zone", "operator", "own"]
    order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page, or what its form does.

    ``path`` is a rule of the framework. The parameter ``<zone>`` is the GUID of the zone whose data
    it shows; ``query`` lists the parameters without which it does not exist. ``name`` begins with
    the family's name; the message ``<name>.title`` is the title. ``right``: the scope that the user
    needs in the zone, ``OPERATOR`` or ``EVERYONE``.

    A form posts to the path of the page that shows it: an error shows that page again, and a logon
    that is too old leads back to it. ``needs_fresh_logon``: the logon must not be older than five
    minutes (I-86).
    """

    method: Literal["GET", "POST"] = "GET"
    path: str
    name: str
    right: str
    handler: Handler
    query: tuple[str, ...] = ()
    navigation: Navigation | None = None
    needs_fresh_logon: bool = False
    statements: int = MAX_STATEMENTS
    max_field: int = MAX_FIELD

    @property
    def is_in_zone(self) -> bool:
        """Whether the path names the zone."""
        return "<zone>" in self.path

    @property
    def title(self) -> str:
        """The key of the title."""
        return f"{self.name}.title"

    @property
    def endpoint(self) -> str:
        """The framework's name of the page."""
        return f"{self.method} {self.name}".replace(".", "-")

    def url(self, **values: str) -> str:
        """Return the path with these parameters."""
        path = self.path
        for name, value in values.items():
            path = path.replace(f"<{name}>", value)
        return path


def by_path(pages: tuple[Page, ...]) -> Mapping[str, Page]:
    """Return the pages that are opened, by path."""
    return {each.path: each for each in pages if each.method == "GET"}
