"""Generated and reserved names of XSUAA (D-29)."""

from __future__ import annotations

import pytest

from broker.descriptor.names import (
    RESERVED_NAMES,
    XSAPPNAME_PATTERN,
    AppId,
    is_built_in,
    is_client_id,
    is_platform_application,
    is_platform_scope,
    is_reserved,
)

APP = AppId("my-app", "t", 7)


def test_an_application_id_has_name_plan_and_zone() -> None:
    assert str(APP) == "my-app!t7"
    assert APP.client_id == "sb-my-app!t7"
    assert is_client_id(APP.client_id)


@pytest.mark.parametrize(
    ("reference", "scope"),
    [
        ("$XSAPPNAME.read", "my-app!t7.read"),
        ("$XSAPPNAME.a.b", "my-app!t7.a.b"),
        ("$XSAPPNAME.", None),
        ("$XSAPPNAME", None),
        ("other.read", None),
        ("$XSAPPNAME(application,b).read", None),
        ("uaa.user", None),
    ],
)
def test_only_own_scopes_get_the_prefix(reference: str, scope: str | None) -> None:
    assert APP.qualify(reference) == scope


@pytest.mark.parametrize(
    "text",
    [
        "",
        "my-app!t7",
        "sb-my-app",
        "sb-my-app!t",
        "sb-my-app!7",
        "sb-my-app!T7",
        "sb-my-app!t7\n",
        "sb-my.app!t7",
        "sb-!t7",
        "sb-" + "x" * 121 + "!t7",
        "sb-x!t12345678901",
        "0a1b2c3d-0000-4000-8000-000000000001$secret=",
    ],
)
def test_other_texts_are_no_client_ids(text: str) -> None:
    assert not is_client_id(text)


@pytest.mark.parametrize(
    ("name", "reserved"),
    [
        ("uaa", True),
        ("xsuaa", True),
        ("na-1", True),
        ("sb-app", True),
        ("Operator", True),
        ("SAP_SYSTEM", True),
        ("NA-1", True),
        *((name, True) for name in RESERVED_NAMES),
        ("uaa-app", False),
        ("sbapp", False),
        ("my-na-1", False),
    ],
)
def test_some_names_belong_to_the_platform(name: str, *, reserved: bool) -> None:
    assert is_reserved(name) == reserved


@pytest.mark.parametrize(
    ("name", "is_allowed"),
    [
        ("a/b\\c_d-1", True),
        ("x" * 100, True),
        ("x" * 101, False),
        ("", False),
        ("ä", False),
        ("a!", False),
    ],
)
def test_the_pattern_of_xsappname(name: str, *, is_allowed: bool) -> None:
    assert bool(XSAPPNAME_PATTERN.fullmatch(name)) == is_allowed


@pytest.mark.parametrize(
    ("text", "is_platforms"),
    [
        ("uaa.user", True),
        ("openid", True),
        ("user_attributes", True),
        ("uaa.resource", True),
        ("xs_user.read", True),
        ("xs_anything-new.write", True),
        ("xs_", False),
        ("xs_user.read\n", False),
        ("xs_" + "x" * 191, False),
        ("$XSAPPNAME.xs_user.read", False),
        ("b.read", False),
        ("uaa.other", False),
    ],
)
def test_platform_scopes_have_no_prefix(text: str, *, is_platforms: bool) -> None:
    """D-29."""
    assert is_platform_scope(text) == is_platforms


@pytest.mark.parametrize(
    ("app_id", "built_in"),
    [("xsuaa!t1", True), ("uaa!t7", True), ("xsuaa-2!t1", False), ("my-xsuaa!t1", False)],
)
def test_built_in_applications_are_known_by_their_id(app_id: str, *, built_in: bool) -> None:
    """D-56."""
    assert is_built_in(app_id) == built_in


@pytest.mark.parametrize(
    ("app_id", "platforms"),
    [
        ("xsuaa", True),
        ("xsuaa!t1", True),
        ("uaa!t1", True),
        ("na-1!a1", True),
        ("sb-app!t1", True),
        ("operator", False),
        ("NA-1", False),
        ("xsuaa-2!t1", False),
    ],
)
def test_applications_of_the_platform_are_known_by_name_or_id(
    app_id: str, *, platforms: bool
) -> None:
    """D-56."""
    assert is_platform_application(app_id) == platforms


@pytest.mark.parametrize("app_id", [APP, AppId("a!b", "a", 12)])
def test_an_application_id_is_parsed(app_id: AppId) -> None:
    assert AppId.parse(str(app_id)) == app_id


@pytest.mark.parametrize("text", ["", "my-app", "my-app!", "my-app!t", "my-app!t7x"])
def test_any_other_text_is_no_application_id(text: str) -> None:
    with pytest.raises(ValueError, match="application id"):
        AppId.parse(text)
