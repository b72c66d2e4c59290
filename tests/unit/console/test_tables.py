"""The part of a list that the URL selects."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from broker.console.tables import (
    MAX_EXPORTED,
    PAGE_SIZE,
    Cell,
    Chart,
    Code,
    Count,
    Link,
    Listing,
    Mark,
    Table,
    Text,
    When,
)
from broker.login.pages.views import Message


def test_the_parameters() -> None:
    found = Listing.read({"q": " a ", "sort": "-name", "page": "3"})
    assert found == Listing("a", "name", is_descending=True, number=3)
    assert (found.skip, found.limit) == (2 * PAGE_SIZE, PAGE_SIZE + 1)


def test_a_file_has_the_first_rows() -> None:
    found = Listing.read({"page": "3", "format": "csv"})
    assert (found.skip, found.limit) == (0, MAX_EXPORTED + 1)


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "1.5", "9999999", "\uff11"])
def test_invalid_pages_are_the_first(number: str) -> None:
    assert Listing.read({"page": number}).number == 1


@pytest.mark.parametrize("sort", ["A", "name;", "--name", "x" * 41, "na me"])
def test_invalid_orders_are_ignored(sort: str) -> None:
    assert Listing.read({"sort": sort}) == Listing()


def test_cells_in_files() -> None:
    time = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    cells: list[Cell] = [
        Text("a", "detail"),
        Code("b"),
        Link("c", path="/console"),
        Count(1234),
        When(time),
        When(None),
        Mark("family.kind.custom"),
        Chart((1, 2), Message("x")),
    ]
    found = [each.exported for each in cells]
    assert found == ["a", "b", "c", "1234", "2030-01-02T03:04:05Z", "", "custom", "1 2"]


def test_one_more_row_means_another_page() -> None:
    rows = [(Text(str(number)),) for number in range(PAGE_SIZE + 1)]
    table = Table(caption="c", columns=(), rows=rows, listing=Listing(), empty=Message("e"))
    assert (len(table.shown), table.has_next) == (PAGE_SIZE, True)
    last = Table(caption="c", columns=(), rows=rows[1:], listing=Listing(), empty=Message("e"))
    assert (len(last.shown), last.has_next) == (PAGE_SIZE, False)
