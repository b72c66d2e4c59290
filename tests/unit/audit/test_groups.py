"""Groups of actions."""

from __future__ import annotations

from collections import Counter

from broker.audit.event import Action
from broker.audit.groups import GROUPS, WITHOUT_ZONE, actions_named


def test_each_action_is_in_one_group() -> None:
    counted = Counter(action for actions in GROUPS.values() for action in actions)
    assert counted == Counter(Action)


def test_no_group_has_the_name_of_an_action() -> None:
    assert not GROUPS.keys() & set(Action)
    assert set(GROUPS) >= WITHOUT_ZONE


def test_a_name_is_that_of_a_group_or_of_one_action() -> None:
    assert Action.ASSIGN_ROLE_COLLECTION in actions_named("roles")
    assert actions_named("bind") == {"bind"}
    assert actions_named("teleport") == {"teleport"}
