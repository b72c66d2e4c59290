"""Pages of rows with their total number."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.search.condition import Comparison, Operator, Selection
from tests.support.statements import statements_of
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

BY_NAME = Selection("userName", limit=2)
WITH_A = Comparison("userName", Operator.STARTS_WITH, "a")


@pytest.fixture
def zone(domain: Domain) -> Zone:
    for name in ("a1", "a2", "a3", "b1", "b2"):
        stored_user(domain, zone_of(domain), name)
    stored_user(domain, zone_of(domain, "other"), "a4")
    return zone_of(domain)


def selected(domain: Domain, zone: Zone, selection: Selection) -> tuple[list[str], int, int]:
    """Return the names, the total number, and the number of statements."""
    with statements_of(domain.engine) as statements:
        page = domain.transactions.read(lambda store: store.user_search.select(zone, selection))
    return [each.name for each in page.items], page.total, len(statements)


def test_pages(domain: Domain, zone: Zone) -> None:
    assert selected(domain, zone, BY_NAME) == (["a1", "a2"], 5, 1)
    assert selected(domain, zone, replace(BY_NAME, offset=2)) == (["a3", "b1"], 5, 1)
    assert selected(domain, zone, replace(BY_NAME, offset=4)) == (["b2"], 5, 1)
    assert selected(domain, zone, replace(BY_NAME, offset=5)) == ([], 5, 2)
    assert selected(domain, zone, replace(BY_NAME, limit=0)) == ([], 5, 2)
    descending = replace(BY_NAME, is_descending=True)
    assert selected(domain, zone, descending) == (["b2", "b1"], 5, 1)


def test_pages_of_a_condition(domain: Domain, zone: Zone) -> None:
    found = replace(BY_NAME, condition=WITH_A)
    assert selected(domain, zone, found) == (["a1", "a2"], 3, 2)
    assert selected(domain, zone, replace(found, offset=2)) == (["a3"], 3, 1)
    nothing = Comparison("userName", Operator.EQUAL, "x")
    assert selected(domain, zone, replace(BY_NAME, condition=nothing)) == ([], 0, 1)


def test_statements_of_clients_are_not_kept(domain: Domain, zone: Zone) -> None:
    """They would displace compiled statements that every token needs."""
    selected(domain, zone, BY_NAME)
    kept = len(domain.engine._compiled_cache or ())
    for number in range(20):
        condition = Comparison("userName", Operator.EQUAL, f"a{number}")
        selected(domain, zone, Selection("id", condition, limit=number))
    assert len(domain.engine._compiled_cache or ()) == kept


def test_rows_without_their_number(domain: Domain, zone: Zone) -> None:
    found = replace(BY_NAME, condition=WITH_A, offset=1)
    with statements_of(domain.engine) as statements:
        rows = domain.transactions.read(lambda store: store.user_search.some(zone, found))
    assert ([each.name for each in rows], len(statements)) == (["a2", "a3"], 1)
    assert "count" not in statements[0]
