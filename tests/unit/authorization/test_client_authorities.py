"""Scopes that a client holds itself, and whether it accepts those of others (D-29)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.authorization.client_authorities import accepts_grants, own_authorities
from broker.descriptor.names import AppId
from broker.descriptor.parse import parse_descriptor
from broker.instances.plan import Plan

APP = AppId("app", "t", 7)


def held(authorities: list[str], *scopes: str, plan: Plan = Plan.APPLICATION) -> tuple[str, ...]:
    document: dict[str, Any] = {
        "xsappname": "app",
        "scopes": [{"name": scope} for scope in scopes],
        "authorities": authorities,
    }
    return own_authorities(plan, APP, parse_descriptor(document))


def test_every_client_is_a_resource_server() -> None:
    assert held([]) == ("uaa.resource",)
    assert own_authorities(Plan.APPLICATION, APP, None) == ("uaa.resource",)


def test_own_scopes_are_held_if_both_defined_and_requested() -> None:
    own = ("$XSAPPNAME.write", "$XSAPPNAME.read", "$XSAPPNAME.unwanted")
    assert held(["$XSAPPNAME.write", "$XSAPPNAME.read"], *own) == (
        "app!t7.read",
        "app!t7.write",
        "uaa.resource",
    )


def test_own_scopes_are_not_held_until_they_are_defined() -> None:
    own = ["$XSAPPNAME.read", "$XSAPPNAME.later"]
    assert held(own, "$XSAPPNAME.read") == ("app!t7.read", "uaa.resource")
    assert held(own, "$XSAPPNAME.read", "$XSAPPNAME.later") == (
        "app!t7.later",
        "app!t7.read",
        "uaa.resource",
    )


@pytest.mark.parametrize(
    "authority", ["xs_user.read", "xsuaa!t7.xs_user.read", "xsuaa.xs_user.read", "$XSAPPNAME"]
)
def test_no_scope_of_the_platform_is_held_by_mentioning_it(authority: str) -> None:
    """D-29, D-56: as an authority, and among the scopes."""
    assert held([authority, "xs_user.write"], "xs_user.read", "xs_user.write", "openid") == (
        "uaa.resource",
    )


@pytest.mark.parametrize(
    "authority", ["other!t7.read", "$XSAPPNAME(application,other).read", "uaa.user"]
)
def test_scopes_of_others_are_not_held_by_asking_for_them(authority: str) -> None:
    assert held([authority]) == ("uaa.resource",)


def test_plan_apiaccess_holds_the_scopes_of_the_platform_once_approved() -> None:
    """D-57."""
    app_id = AppId("na-1", "a", 7)
    assert own_authorities(Plan.APIACCESS, app_id, None) == ("uaa.resource",)
    assert own_authorities(Plan.APIACCESS, app_id, None, is_approved=True) == (
        "uaa.resource",
        "xs_authorization.read",
        "xs_authorization.write",
        "xs_idp.read",
        "xs_idp.write",
        "xs_user.read",
        "xs_user.write",
    )


@pytest.mark.parametrize(
    ("parts", "accepts"),
    [
        ({}, False),
        ({"authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]}, True),
        ({"authorities": ["$XSAPPNAME(application,other)"]}, True),
        ({"authorities": ["other.read"]}, True),
        ({"authorities": ["other"]}, True),
        ({"authorities": ["uaa.user"]}, False),
        ({"authorities": ["xs_user.read", "$XSAPPNAME(application,xsuaa)", "xsuaa!t7"]}, False),
        ({"scopes": [{"name": "$XSAPPNAME.read"}], "authorities": ["$XSAPPNAME.read"]}, False),
        ({"foreign-scope-references": ["$ACCEPT_GRANTED_SCOPES"]}, False),
    ],
)
def test_grants_are_accepted_if_an_authority_names_another_application(
    parts: dict[str, Any], *, accepts: bool
) -> None:
    assert accepts_grants(parse_descriptor({"xsappname": "app", **parts})) == accepts
    assert not accepts_grants(None)
