"""Requests for scopes, system attributes, cached decisions, explanations (I-134…I-143)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.authorization.decision.assigned import Assigned, HeldRole, Membership
from broker.authorization.decision.path import Removal
from broker.authorization.user_rights import DecidedRights
from broker.errors import GrantRefused
from broker.identity.client_settings import ClientSettings
from broker.identity.user import Snapshot
from tests.support.domain import FakeClock
from tests.support.rights import MAX_SNAPSHOT_AGE, a_client
from tests.support.users import A_ZONE, a_user

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from broker.identity.client import Client
    from broker.identity.user import User

CLOCK = FakeClock()
CLIENT = a_client(A_ZONE, "a!t1")
SETTINGS = ClientSettings(user_scopes=("$XSAPPNAME.read", "$XSAPPNAME.write", "uaa.user"))
USER = a_user(snapshot=Snapshot(("g",), {}, CLOCK.now()))
ROLE = HeldRole(1, "R", "T", CLIENT.row_id, "a!t1", (1,), scopes=("$XSAPPNAME.read",))
ASSIGNED = Assigned((Membership(1, "C"),), (ROLE,), {"b!t1.read": True})


@dataclass
class Roles:
    """The user's roles, and the number of look-ups."""

    assigned: Assigned = ASSIGNED
    candidates: Assigned = field(default_factory=Assigned)
    looked_up: list[str] = field(default_factory=list)

    def of(self, user: User, client: Client) -> Assigned:
        self.looked_up.append("of")
        return self.assigned

    def with_candidates(
        self, user: User, client: Client, scopes: Sequence[str]
    ) -> tuple[Assigned, Assigned]:
        return self.of(user, client), self.candidates

    def containing(self, client: Client, scope: str) -> Assigned:
        self.looked_up.append("containing")
        return self.candidates

    def accepted(self, client: Client, scopes: Collection[str]) -> Collection[str]:
        self.looked_up.append("accepted")
        return {"c!t1.read"}.intersection(scopes)


def rights(roles: Roles | None = None, clock: FakeClock = CLOCK) -> DecidedRights:
    return DecidedRights(roles or Roles(), clock, MAX_SNAPSHOT_AGE)


@pytest.mark.parametrize(
    ("requested", "limit", "scopes"),
    [
        ("", None, ("a!t1.read", "openid", "uaa.user")),
        ("a!t1.read,openid", None, ("a!t1.read", "openid")),
        ("openid a!t1.write b!t1.read c!t1.read", None, ("openid",)),
        ("", ("a!t1.read", "a!t1.write"), ("a!t1.read",)),
        ("openid a!t1.read", ("openid",), ("openid",)),
    ],
)
def test_scopes_are_narrowed(
    requested: str, limit: tuple[str, ...] | None, scopes: tuple[str, ...]
) -> None:
    """I-134, I-136, O-61."""
    assert rights().of(USER, CLIENT, SETTINGS, requested, limit).scopes == scopes


@pytest.mark.parametrize(
    ("requested", "limit", "code", "text"),
    [
        ("openid a!t1.other", None, "invalid_scope", r"Invalid scope: a!t1\.other"),
        ("openid d!t1.read", None, "invalid_scope", r"Invalid scope: d!t1\.read"),
        ("openid profile", None, "invalid_scope", "Invalid scope: profile"),
        ('openid "x"', None, "invalid_scope", r"Invalid scope: \?x\?"),
        (
            "a!t1.write b!t1.read",
            None,
            "invalid_scope",
            r"\[a!t1\.write b!t1\.read\] is invalid\. This user is not allowed any of the",
        ),
        ("", ("a!t1.write",), "invalid_token", "No scopes were granted"),
        ("", (), "invalid_token", "No scopes were granted"),
    ],
)
def test_refused_requests(
    requested: str, limit: tuple[str, ...] | None, code: str, text: str
) -> None:
    """O-47, O-48."""
    with pytest.raises(GrantRefused, match=text) as refused:
        rights().of(USER, CLIENT, SETTINGS, requested, limit)
    assert refused.value.code == code
    assert refused.value.is_unauthorized == (code == "invalid_token")


@pytest.mark.parametrize(
    ("selected", "found"),
    [
        (
            ("groups", "rolecollections"),
            {"xs.rolecollections": ("C",), "xs.saml.groups": ("g",)},
        ),
        (("rolecollections",), {"xs.rolecollections": ("C",)}),
        (("ias-token",), {}),
        ((), {}),
    ],
)
def test_system_attributes_are_selected(selected: tuple[str, ...], found: dict[str, Any]) -> None:
    """I-139."""
    settings = replace(SETTINGS, system_attributes=selected)
    assert rights().of(USER, CLIENT, settings).system_attributes == found


def test_decisions_are_cached_until_something_changes() -> None:
    """I-143."""
    roles = Roles()
    decided = rights(roles)
    for _ in range(2):
        decided.of(USER, CLIENT, SETTINGS)
    assert len(roles.looked_up) == 1
    snapshot = Snapshot(("h",), {}, CLOCK.now() + timedelta(seconds=1))
    zone = replace(A_ZONE, grants_epoch=9)
    changes: list[tuple[User, Client, ClientSettings]] = [
        (replace(USER, roles_epoch=9), CLIENT, SETTINGS),
        (replace(USER, zone_roles_epoch=9), CLIENT, SETTINGS),
        (replace(USER, zone=zone), CLIENT, SETTINGS),
        (replace(USER, snapshot=snapshot), CLIENT, SETTINGS),
        (USER, replace(CLIENT, epoch=9), SETTINGS),
        (USER, replace(CLIENT, zone=zone), SETTINGS),
        (USER, CLIENT, replace(SETTINGS, user_scopes=())),
    ]
    for number, changed in enumerate(changes):
        decided.of(*changed)
        assert len(roles.looked_up) == number + 2


def test_another_user_or_client_has_its_own_decision() -> None:
    roles = Roles()
    decided = rights(roles)
    for user, client in ((USER, CLIENT), (a_user(), CLIENT), (USER, a_client(A_ZONE, "b!t1"))):
        decided.of(user, client, SETTINGS)
    assert len(roles.looked_up) == 3


def test_a_cached_decision_ends_with_the_first_assignment() -> None:
    clock = FakeClock()
    until = clock.now() + timedelta(minutes=5)
    memberships = (Membership(1, "C", until), Membership(1, "C", until + timedelta(hours=1)))
    roles = Roles(Assigned(memberships, (ROLE,)))
    decided = rights(roles, clock)
    decided.of(USER, CLIENT, SETTINGS)
    clock.advance(minutes=4)
    decided.of(USER, CLIENT, SETTINGS)
    assert len(roles.looked_up) == 1
    clock.advance(minutes=1)
    assert "a!t1.read" in decided.of(USER, CLIENT, SETTINGS).scopes
    assert len(roles.looked_up) == 2
    clock.advance(hours=1)
    assert "a!t1.read" not in decided.of(USER, CLIENT, SETTINGS).scopes


def test_a_user_who_becomes_inactive_has_no_cached_rights() -> None:
    decided = rights()
    decided.of(USER, CLIENT, SETTINGS)
    for user in (replace(USER, is_active=False), replace(USER, provider_is_active=False)):
        with pytest.raises(GrantRefused, match="No scopes were granted"):
            decided.of(user, CLIENT, SETTINGS)


def test_nothing_is_looked_up_across_zones() -> None:
    roles = Roles()
    elsewhere = replace(CLIENT, zone=replace(A_ZONE, row_id=8))
    with pytest.raises(GrantRefused, match="No scopes were granted"):
        rights(roles).of(USER, elsewhere, SETTINGS)
    assert roles.looked_up == []


def test_an_explanation_of_named_scopes() -> None:
    named = ["a!t1.read", "a!t1.write", "c!t1.read", "d!t1.read", "a!t1.read"]
    explanation = rights().explain(USER, CLIENT, SETTINGS, named)
    found = {
        each.scope: (each.is_granted, [path.removal for path in each.paths])
        for each in explanation.scopes
    }
    assert found == {
        "a!t1.read": (True, [None]),
        "a!t1.write": (False, [Removal.NOT_HELD]),
        "c!t1.read": (False, [Removal.NOT_HELD]),
        "d!t1.read": (False, [Removal.NOT_GRANTED]),
    }
    assert explanation.rights == rights().of(USER, CLIENT, SETTINGS)


def test_an_explanation_of_everything() -> None:
    explanation = rights().explain(USER, CLIENT, SETTINGS)
    granted = tuple(each.scope for each in explanation.scopes if each.is_granted)
    assert granted == explanation.rights.scopes
    assert explanation.collections == ("C",)
    [path] = next(each.paths for each in explanation.scopes if each.scope == "a!t1.read")
    assert (path.collection, path.role, path.template, path.app_id) == ("C", "R", "T", "a!t1")
