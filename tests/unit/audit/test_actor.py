"""Actors of audit events, and the user behind a platform's request."""

from __future__ import annotations

from typing import Any

import pytest

from broker.audit.actor import Actor, ActorKind, client_actor, platform_actor, system_actor


@pytest.mark.parametrize(
    ("identity", "user"),
    [
        ({"platform": "cloudfoundry", "value": {"user_id": "683ea748"}}, "683ea748"),
        ({"platform": "kubernetes", "value": {"username": "duke"}}, "duke"),
        ({"value": {"user_id": "id", "username": "name"}}, "id"),
        ({"value": {"user_id": 7}}, "7"),
        ({"value": {"uid": "c2dde242"}}, ""),
        ({"value": "text"}, ""),
        ({"value": None}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_the_user_comes_from_the_originating_identity(
    identity: dict[str, Any] | None, user: str
) -> None:
    actor = platform_actor("default", identity)
    assert actor.user == user
    assert str(actor) == (f"{user}@default" if user else "default")


def test_a_platform_acts_on_its_own_instances_only() -> None:
    actor = platform_actor("two", None, "c-1")
    assert actor == Actor(ActorKind.PLATFORM, "two", "two", None, "c-1")


@pytest.mark.parametrize(
    ("actor", "kind"),
    [(client_actor("sb-app!t1"), ActorKind.CLIENT), (system_actor("start"), ActorKind.SYSTEM)],
)
def test_clients_and_tasks_act_on_no_platform(actor: Actor, kind: ActorKind) -> None:
    assert (actor.kind, actor.platform, actor.user) == (kind, "", "")
