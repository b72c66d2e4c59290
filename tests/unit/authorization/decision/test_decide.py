"""The decision on rights, without a database (D-39)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from broker.authorization.decision.assigned import (
    Assigned,
    ForeignScope,
    HeldRole,
    Membership,
    RoleAttribute,
    TemplateAttribute,
)
from broker.authorization.decision.decide import Decision, Facts, decide
from broker.authorization.decision.path import Path, Removal
from broker.identity.client_settings import ClientSettings
from broker.identity.user import Snapshot
from tests.support.rights import MAX_SNAPSHOT_AGE, a_client
from tests.support.users import A_ZONE, NOW, a_user

OWN = "$XSAPPNAME.read"
SETTINGS = ClientSettings(user_scopes=(OWN, "$XSAPPNAME.write", "uaa.user", "xs_user.read"))
CLIENT = a_client(A_ZONE, "a!t1")
OTHER = a_client(A_ZONE, "b!t1")


def a_role(*scopes: str, client: Any = CLIENT, **changes: Any) -> HeldRole:
    values: dict[str, Any] = {"row_id": 1, "name": "R", "template": "T"}
    values |= {"collection_row_ids": (1,)} | changes
    return HeldRole(client_row_id=client.row_id, app_id=client.app_id, scopes=scopes, **values)


def facts(*roles: HeldRole, **changes: Any) -> Facts:
    granted = {"b!t1.read": True, "b!t1.write": False}
    assigned = Assigned((Membership(1, "C"),), roles, granted)
    values: dict[str, Any] = {
        "assigned": assigned,
        "user": a_user(),
        "client": CLIENT,
        "settings": SETTINGS,
    }
    times = {"now": NOW, "max_snapshot_age": MAX_SNAPSHOT_AGE}
    return Facts(**(values | times | changes))


def found(given: Facts) -> tuple[Decision, dict[str, Removal | None]]:
    """Return the decision and what removed each scope."""
    paths: list[Path] = []
    decision = decide(given, paths)
    removals: dict[str, Removal | None] = {}
    for path in paths:
        if removals.get(path.scope, Removal.NOT_HELD) is not None:
            removals[path.scope] = path.removal
    granted = {scope for scope, removal in removals.items() if removal is None}
    assert set(decision.scopes) == granted
    assert decide(given) == decision
    return decision, removals


@pytest.mark.parametrize(
    ("text", "scope", "removal"),
    [
        (OWN, "a!t1.read", None),
        ("$XSAPPNAME.undefined", "a!t1.undefined", Removal.NOT_DEFINED),
        ("uaa.user", "uaa.user", None),
        ("uaa.resource", "uaa.resource", Removal.NOT_IN_TEMPLATE),
        ("xs_user.read", "xs_user.read", Removal.NOT_IN_TEMPLATE),
        ("b!t1.read", "b!t1.read", Removal.NOT_IN_TEMPLATE),
        ("a!t1.read", "a!t1.read", Removal.NOT_IN_TEMPLATE),
        ("$XSAPPNAME.", "$XSAPPNAME.", Removal.NOT_IN_TEMPLATE),
        ("$XSAPPNAME.a b", "$XSAPPNAME.a b", Removal.NOT_IN_TEMPLATE),
        ("$XSAPPNAME.a,openid", "$XSAPPNAME.a,openid", Removal.NOT_IN_TEMPLATE),
        ("", "", Removal.NOT_IN_TEMPLATE),
    ],
)
def test_scopes_that_a_template_stores(text: str, scope: str, removal: Removal | None) -> None:
    """I-130, D-29: whatever older versions stored."""
    assert found(facts(a_role(text)))[1][scope] is removal


@pytest.mark.parametrize(
    ("scope", "removal"),
    [("b!t1.read", None), ("b!t1.write", Removal.NOT_ACCEPTED), ("b!t1.x", Removal.NOT_GRANTED)],
)
def test_scopes_of_other_applications(scope: str, removal: Removal | None) -> None:
    """I-132: by a role of the other application, or by reference."""
    name = scope.removeprefix("b!t1.")
    by_role = a_role(f"$XSAPPNAME.{name}", client=OTHER)
    by_reference = a_role(foreign_scopes=(ForeignScope(name, "b!t1", is_granted=True),))
    for role in (by_role, by_reference):
        assert found(facts(role))[1][scope] is removal


@pytest.mark.parametrize(
    ("reference", "scope", "removal"),
    [
        (ForeignScope("c!t1.read", None, is_granted=False), "c!t1.read", Removal.PENDING),
        (
            ForeignScope("read", "b!t1", is_granted=False),
            "b!t1.read",
            Removal.NOT_GRANTED_TO_TEMPLATE,
        ),
    ],
)
def test_references_need_a_pin_and_a_grant(
    reference: ForeignScope, scope: str, removal: Removal
) -> None:
    """D-30."""
    assert found(facts(a_role(foreign_scopes=(reference,))))[1][scope] is removal


@pytest.mark.parametrize(
    ("user", "removal"),
    [
        (a_user(is_active=False), Removal.INACTIVE_USER),
        (a_user(provider_is_active=False), Removal.INACTIVE_PROVIDER),
        (a_user(replace(A_ZONE, row_id=8)), Removal.OTHER_ZONE),
    ],
)
def test_a_user_without_rights(user: Any, removal: Removal) -> None:
    """I-09, I-45: not even openid."""
    decision, removals = found(facts(a_role(OWN), user=user))
    assert set(removals.values()) == {removal}
    assert (decision.scopes, decision.collections, decision.attributes) == ((), (), ())


def test_scopes_of_the_built_in_application() -> None:
    """D-56, D-57."""
    admin = a_client(A_ZONE, "xsuaa!t1")
    role = a_role("xs_user.read", "xs_user.write", client=admin)
    approved = facts(role)
    approved = replace(approved, assigned=replace(approved.assigned, is_approved=True))
    assert found(approved)[1]["xs_user.read"] is None
    assert found(approved)[1]["xs_user.write"] is Removal.NOT_APPROVED
    assert found(facts(role))[1]["xs_user.read"] is Removal.NOT_APPROVED
    other = replace(approved.assigned, roles=(role._replace(app_id="xsuaa!t2"),))
    assert found(replace(approved, assigned=other))[1]["xs_user.read"] is Removal.NOT_IN_TEMPLATE


def test_expired_assignments() -> None:
    """I-161: at the time of expiry; another membership in the collection keeps it."""
    ended = Membership(1, "C", expires_at=NOW)
    later = Membership(1, "C", expires_at=NOW + timedelta(hours=2))
    role = a_role(OWN)
    assigned = Assigned((ended,), (role,))
    decision, removals = found(facts(assigned=assigned))
    assert removals["a!t1.read"] is Removal.EXPIRED
    assert (decision.collections, decision.until) == ((), None)
    decision, removals = found(facts(assigned=replace(assigned, memberships=(ended, later))))
    assert removals["a!t1.read"] is None
    assert (decision.collections, decision.until) == (("C",), later.expires_at)


@pytest.mark.parametrize(
    ("mapping", "age", "removal"),
    [
        (("Groups", "g"), 0, None),
        (("groups", "g"), 0, None),
        (("Land", "DE"), 0, None),
        (("Groups", "g"), 7, Removal.OLD_SNAPSHOT),
    ],
)
def test_mappings(mapping: tuple[str, str], age: int, removal: Removal | None) -> None:
    """I-08, I-133, I-42."""
    snapshot = Snapshot(("g",), {"Land": ("DE",)}, NOW - timedelta(days=age))
    assigned = Assigned((Membership(1, "C", mapping=mapping),), (a_role(OWN),))
    decision, removals = found(facts(assigned=assigned, user=a_user(snapshot=snapshot)))
    assert removals["a!t1.read"] is removal
    assert decision.groups == (("g",) if removal is None else ())


@pytest.mark.parametrize(
    "mapping", [("GROUPS", "g"), ("Groups", "G"), ("Groups", "DE"), ("land", "DE"), ("Land", "g")]
)
def test_mappings_compare_exactly(mapping: tuple[str, str]) -> None:
    snapshot = Snapshot(("g",), {"Land": ("DE",)}, NOW)
    assigned = Assigned((Membership(1, "C", mapping=mapping),), (a_role(OWN),))
    decision, removals = found(facts(assigned=assigned, user=a_user(snapshot=snapshot)))
    assert (decision.collections, "a!t1.read" in removals) == ((), False)


COUNTRY = (TemplateAttribute("Country"),)


def test_attributes_of_the_own_application_only() -> None:
    """D-39; a restricted role elsewhere gives no scope, which would be unrestricted."""
    values = {"Country": RoleAttribute("static", ("DE",))}
    changes = {"is_default": False, "template_attributes": COUNTRY, "attributes": values}
    decision, _ = found(facts(a_role(OWN, **changes), a_role("$XSAPPNAME.write")))
    assert decision.attributes == (("Country", ("DE",)),)
    decision, removals = found(facts(a_role(OWN, client=OTHER, **changes)))
    assert decision.attributes == ()
    assert removals["b!t1.read"] is Removal.RESTRICTED_ELSEWHERE


def test_without_a_value_a_role_gives_nothing() -> None:
    """Decision 0054: neither its scopes nor the values of its other attributes."""
    attributes = {
        "Country": RoleAttribute("idp", ("land",)),
        "Unit": RoleAttribute("static", ("1",)),
    }
    role = a_role(
        OWN,
        is_default=False,
        template_attributes=(*COUNTRY, TemplateAttribute("Unit")),
        attributes=attributes,
    )
    decision, removals = found(facts(role))
    assert (decision.attributes, removals["a!t1.read"]) == ((), Removal.NO_VALUE)
    user = a_user(snapshot=Snapshot((), {"land": ("DE",)}, NOW))
    decision, removals = found(facts(role, user=user))
    assert decision.attributes == (("Country", ("DE",)), ("Unit", ("1",)))
    assert removals["a!t1.read"] is None


def test_unknown_settings_allow_own_scopes_only() -> None:
    role = a_role(OWN, "uaa.user")
    decision, _ = found(facts(role, settings=ClientSettings()))
    assert decision.scopes == ("a!t1.read", "openid")
