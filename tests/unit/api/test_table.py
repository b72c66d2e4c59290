"""The table of routes as a whole."""

from __future__ import annotations

import re

import pytest

from broker.api.rates import FAMILIES
from broker.api.route import Route
from broker.api.routing import Router
from broker.api.table import ROUTES

IDS = [f"{route.method} {route.path}" for route in ROUTES]
SCOPES = re.compile(r"(xs_(authorization|user|idp)\.(read|write)|uaa\.resource)")


def test_operations_have_names_of_their_own() -> None:
    names = [route.operation_id for route in ROUTES]
    assert len(names) == len(set(names))
    Router(ROUTES)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_every_route_requires_administration_scopes(route: Route) -> None:
    if route.is_public:
        return
    assert route.scopes
    assert all(SCOPES.fullmatch(scope) for scope in route.scopes)
    if route.method != "GET":
        assert all(scope.endswith(".write") for scope in route.scopes)


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_every_route_has_a_family_of_rates(route: Route) -> None:
    assert sum(route.path.startswith(prefix) for prefix in FAMILIES.values()) == 1


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_every_route_is_documented(route: Route) -> None:
    assert route.summary[0].isupper()
    assert not route.summary.endswith(".")
    assert route.tag
    names = [each[1:-1] for each in route.path.split("/") if each.startswith("{")]
    assert len(names) == len(set(names))
