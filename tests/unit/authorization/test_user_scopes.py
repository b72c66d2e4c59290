"""Own and platform scopes that the users of a client may have (I-132, D-57)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.authorization.user_scopes import user_scopes
from broker.descriptor.names import ADMINISTRATION_SCOPES
from broker.descriptor.parse import parse_descriptor


def found(**members: Any) -> tuple[str, ...]:
    return user_scopes(parse_descriptor({"xsappname": "app", **members}))


def test_own_scopes_and_named_platform_scopes() -> None:
    scopes = [{"name": "$XSAPPNAME.read"}, {"name": "uaa.user"}]
    templates = [{"name": "T", "scope-references": ["$XSAPPNAME.read", "roles"]}]
    members = {"role-templates": templates, "foreign-scope-references": ["user_attributes"]}
    assert found(scopes=scopes, **members) == (
        "$XSAPPNAME.read",
        "roles",
        "uaa.user",
        "user_attributes",
    )


def test_nothing_without_a_descriptor() -> None:
    assert user_scopes(None) == ()


@pytest.mark.parametrize(
    "text",
    [
        "xs_user.read",
        "xsuaa.xs_user.read",
        "xsuaa!t7.xs_user.read",
        "$XSAPPNAME(application,xsuaa).xs_user.read",
    ],
)
def test_scopes_of_the_built_in_application_are_foreign_scopes_only(text: str) -> None:
    """D-57: other lists name them without effect."""
    templates = [{"name": "T", "scope-references": [text, "uaa.resource"]}]
    elsewhere = {"role-templates": templates, "authorities": [text]}
    assert found(scopes=[{"name": "xs_user.read"}], **elsewhere) == ()
    assert found(**{"foreign-scope-references": [text]}) == ("xs_user.read",)


@pytest.mark.parametrize("text", ["xsuaa", "$XSAPPNAME(application,xsuaa)"])
def test_all_scopes_of_the_built_in_application(text: str) -> None:
    assert found(**{"foreign-scope-references": [text]}) == tuple(sorted(ADMINISTRATION_SCOPES))


@pytest.mark.parametrize(
    "text",
    [
        "uaa.xs_user.read",
        "sb-app.xs_user.read",
        "$XSAPPNAME(broker,xsuaa).xs_user.read",
        "$XSAPPNAME(application,elsewhere,xsuaa).xs_user.read",
        "$XSSERVICENAME(xsuaa).xs_user.read",
        "$XSAPPNAME(application,other).xs_user.read",
        "$ACCEPT_GRANTED_SCOPES",
        "xs_other.read",
        "uaa.resource",
    ],
)
def test_no_other_reference_names_them(text: str) -> None:
    assert found(**{"foreign-scope-references": [text]}) == ()
