"""Properties of the decision on rights: monotone, bounded by the client, order-independent."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.authorization.decision.assigned import (
    Membership,
)
from broker.authorization.decision.decide import Facts, decide
from broker.authorization.decision.path import Path
from broker.descriptor.names import ADMINISTRATION_SCOPES, USER_SCOPES
from tests.properties.drawn_rights import PROVIDED, facts_of_users, memberships


def _with(facts: Facts, **changes: Any) -> Facts:
    return replace(facts, assigned=replace(facts.assigned, **changes))


@settings(max_examples=40)
@given(facts_of_users(), memberships())
def test_an_assignment_removes_nothing(facts: Facts, membership: Membership) -> None:
    more = decide(_with(facts, memberships=(*facts.assigned.memberships, membership)))
    found = decide(facts)
    assert set(found.scopes) <= set(more.scopes)
    assert set(found.collections) <= set(more.collections)
    wider = dict(more.attributes)
    assert all(set(values) <= set(wider[name]) for name, values in found.attributes)


@settings(max_examples=40)
@given(facts_of_users())
def test_no_scope_exceeds_the_client(facts: Facts) -> None:
    """TH-12: an own scope that it defines, a named or approved one, or one granted and accepted."""
    named = facts.settings.user_scopes
    for scope in decide(facts).scopes:
        if scope in USER_SCOPES:
            assert scope == "openid" or (named is not None and scope in named)
        elif scope in ADMINISTRATION_SCOPES:
            assert facts.assigned.is_approved
            assert named is not None
            assert scope in named
            assert any(each.app_id == "xsuaa!t1" for each in facts.assigned.roles)
        elif scope.startswith("a!t1."):
            assert named is None or scope.replace("a!t1", "$XSAPPNAME") in named
        else:
            assert facts.assigned.granted[scope]
        assert " " not in scope


@settings(max_examples=40)
@given(facts_of_users(), st.randoms(use_true_random=False))
def test_the_order_of_rows_has_no_effect(facts: Facts, order: random.Random) -> None:
    assigned = facts.assigned
    memberships, roles = list(assigned.memberships), list(assigned.roles)
    order.shuffle(memberships)
    order.shuffle(roles)
    granted = dict(reversed(list(assigned.granted.items())))
    changed = _with(facts, memberships=tuple(memberships), roles=tuple(roles), granted=granted)
    assert decide(changed) == decide(facts)


@settings(max_examples=40)
@given(facts_of_users(), st.sampled_from(PROVIDED))
def test_a_missing_attribute_of_the_provider_unlocks_nothing(facts: Facts, name: str) -> None:
    """Decision 0054."""
    snapshot = facts.user.snapshot
    if snapshot is None:
        return
    others = {key: values for key, values in snapshot.attributes.items() if key != name}
    without = replace(facts.user, snapshot=replace(snapshot, attributes=others))
    assert set(decide(replace(facts, user=without)).scopes) <= set(decide(facts).scopes)


@settings(max_examples=40)
@given(facts_of_users())
def test_explanations_agree_with_the_decision(facts: Facts) -> None:
    paths: list[Path] = []
    found = decide(facts, paths)
    assert found == decide(facts)
    assert set(found.scopes) == {path.scope for path in paths if path.removal is None}
