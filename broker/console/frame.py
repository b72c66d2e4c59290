"""What surrounds each page: navigation, user, zone, messages, and the URLs within the console."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

from broker.console.rights import EVERYONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from broker.console.page import Page
    from broker.identity.zone import Zone

HOME: Final = "/console"
LOG_IN: Final = "/console/login"
LOG_OUT: Final = "/console/logout"
NOTICE: Final = "done"
"""The parameter with the key of a notice, without its prefix."""


_ROWS = 5
"""Rows of a list between pauses; each takes about 0.3 ms."""

Row = TypeVar("Row")


class Entry(NamedTuple):
    """An entry of the navigation; ``name`` is that of its page."""

    name: str
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Frame:
    """``path`` and ``query`` are those of the current request.

    ``alert`` is the text of an error, ``notice`` the key of what was done.
    """

    title: str
    subject: str = ""
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    user_name: str = ""
    is_operator: bool = False
    zone: Zone | None = None
    rights: frozenset[str] = frozenset()
    navigation: Sequence[tuple[str, Sequence[Entry]]] = ()
    csrf: str = ""
    alert: str = ""
    notice: str = ""
    pause: Callable[[], object] = lambda: None
    """Lets other requests continue."""

    def paused(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Return the rows with a pause every few: a list takes 10 to 20 ms (0065)."""
        for number, row in enumerate(rows, 1):
            yield row
            if number % _ROWS == 0:
                self.pause()

    def may(self, right: str) -> bool:
        """Return whether the user has the right in the zone of the page."""
        return right in self.rights

    def here(self, **changes: str) -> str:
        """Return the current URL with other parameters; an empty one is left out."""
        query = {**self.query, NOTICE: "", **changes}
        return url(self.path, {name: value for name, value in query.items() if value})


def url(path: str, query: Mapping[str, str] | None = None) -> str:
    """Return the URL of a path that is not yet encoded."""
    encoded = quote(path, safe="/")
    return f"{encoded}?{urlencode(query)}" if query else encoded


def navigation(
    pages: Iterable[Page], current: Page, zone: Zone | None, rights: frozenset[str]
) -> list[tuple[str, list[Entry]]]:
    """Return the groups with the pages that the user may open; those of a zone need one."""
    groups: dict[str, list[tuple[int, Entry]]] = {"operator": [], "zone": [], "own": []}
    shown = [
        page
        for page in pages
        if page.navigation is not None
        and page.right in rights | {EVERYONE}
        and not (page.is_in_zone and zone is None)
    ]
    nearest = _nearest(shown, current)
    for page in shown:
        place = page.navigation
        assert place is not None  # noqa: S101 - selected above
        target = page.url(zone=zone.guid) if page.is_in_zone and zone else page.path
        entry = Entry(page.name, url(target), page is nearest)
        groups[place.group].append((place.order, entry))
    found = ((name, [each for _, each in sorted(entries)]) for name, entries in groups.items())
    return [(name, entries) for name, entries in found if entries]


def _nearest(shown: Sequence[Page], current: Page) -> Page | None:
    """Return the page of the navigation to which the current one belongs, None for none.

    A family may have a list of all zones and one of a zone.
    """
    if current.path == HOME:
        return None
    family = [each for each in shown if each.name.split(".")[0] == current.name.split(".")[0]]
    return min(
        family,
        key=lambda each: (each.name != current.name, not each.is_in_zone),
        default=None,
    )
