"""Limits of requests per zone and family."""

from __future__ import annotations

from typing import get_args

from broker.api.rates import FAMILIES, Rates
from broker.settings.identity import ApiFamily


def test_each_zone_and_family_has_its_own_count() -> None:
    rates = Rates.of({"users": 1, "groups": 0})
    assert rates.wait("/Users", 1) == 0
    assert rates.wait("/Users/x", 1) > 0
    assert rates.wait("/Users", 2) == 0
    for _ in range(3):
        assert rates.wait("/Groups", 1) == 0
        assert rates.wait("/sap/rest/user/origin", 1) == 0


def test_the_setting_has_the_same_families() -> None:
    assert set(FAMILIES) == set(get_args(ApiFamily))
