"""The letters of plans in application ids."""

from __future__ import annotations

from broker.instances.plan import Plan


def test_each_plan_has_a_letter_of_its_own() -> None:
    assert {plan: plan.letter for plan in Plan} == {Plan.APPLICATION: "t", Plan.APIACCESS: "a"}
