"""URLs within the console, and the navigation."""

from __future__ import annotations

from broker.console.frame import Frame, navigation, url
from broker.console.rights import OPERATOR, READ_ROLES
from broker.console.table import PAGES
from tests.support.users import A_ZONE

HOME = next(each for each in PAGES if each.name == "home.start")


def test_urls_are_encoded() -> None:
    assert url("/console/a b/ä") == "/console/a%20b/%C3%A4"
    assert url("/console", {"name": "a&b=<c>"}) == "/console?name=a%26b%3D%3Cc%3E"


def test_other_parameters_of_the_same_page() -> None:
    frame = Frame(title="t", path="/console/x", query={"q": "a", "page": "2", "done": "saved"})
    assert frame.here(page="3") == "/console/x?q=a&page=3"
    assert frame.here(page="", q="") == "/console/x"


def test_entries_follow_the_rights() -> None:
    def names(*rights: str, is_in_zone: bool) -> list[str]:
        zone = A_ZONE if is_in_zone else None
        groups = navigation(PAGES, HOME, zone, frozenset(rights))
        return [entry.name for group, entries in groups if group != "own" for entry in entries]

    assert names(is_in_zone=True) == []
    assert "home.zones" not in names(READ_ROLES, is_in_zone=True)
    assert "role_collections.list" in names(READ_ROLES, is_in_zone=True)
    assert names(OPERATOR, READ_ROLES, is_in_zone=False) == [
        "overview.all",
        "home.zones",
        "instances.all",
        "signing_keys.list",
        "audit.all",
    ]


def test_one_entry_is_current() -> None:
    """Of two lists of the same family, that of the zone."""

    def current(name: str) -> list[str]:
        page = next(each for each in PAGES if each.name == name)
        rights = frozenset({OPERATOR, READ_ROLES})
        groups = navigation(PAGES, page, A_ZONE, rights)
        return [entry.name for _, entries in groups for entry in entries if entry.is_current]

    assert current("home.start") == []
    assert current("instances.all") == ["instances.all"]
    assert current("instances.list") == ["instances.list"]
    assert current("instances.one") == ["instances.list"]
    assert current("signing_keys.one") == ["signing_keys.list"]


def test_long_lists_let_other_requests_continue() -> None:
    """Beside people who open lists, tokens must not wait for whole pages (0065)."""
    pauses: list[int] = []
    shown: list[int] = []
    frame = Frame(title="", path="/", pause=lambda: pauses.append(len(shown)))
    shown.extend(frame.paused(range(12)))
    assert shown == list(range(12))
    assert pauses == [5, 10]
