"""References to applications and scopes: the valid forms, and no others."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.descriptor.references import (
    OWN_APPLICATION,
    AcceptAll,
    Application,
    ForeignScope,
    OwnScope,
    PlatformApplication,
    PlatformScope,
    Reference,
    parse_application,
    parse_scope,
)

NAMED = Application(plan="application", xsappname="b")
BARE = replace(NAMED, in_own_space=True)
IN_ZONE = Application(plan="broker", zone="zone-2", xsappname="b")
OWN_IN_ZONE = Application(plan="application", zone="zone-2", xsappname="$XSAPPNAME")
SERVICE = Application(service_instance="my uaa")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$ACCEPT_GRANTED_AUTHORITIES", AcceptAll.AUTHORITIES),
        ("$ACCEPT_GRANTED_SCOPES", AcceptAll.SCOPES),
        ("uaa.user", PlatformScope("uaa.user")),
        ("$XSAPPNAME.read", OwnScope("read")),
        ("$XSAPPNAME.a.b:c/d", OwnScope("a.b:c/d")),
        ("$XSAPPNAME(application,b)", ForeignScope(NAMED, "")),
        ("$XSAPPNAME( application , b ).read", ForeignScope(NAMED, "read")),
        ("$XSAPPNAME(broker,zone-2,b).read", ForeignScope(IN_ZONE, "read")),
        ("$XSSERVICENAME(my uaa)", ForeignScope(SERVICE, "")),
        ("$XSSERVICENAME( my uaa ).read", ForeignScope(SERVICE, "read")),
        ("$XSAPPNAME", ForeignScope(OWN_APPLICATION, "")),
        ("$XSAPPNAME(application,$XSAPPNAME)", ForeignScope(OWN_APPLICATION, "")),
        ("$XSAPPNAME(application,$XSAPPNAME).read", ForeignScope(OWN_APPLICATION, "read")),
        ("$XSAPPNAME(application,zone-2,$XSAPPNAME)", ForeignScope(OWN_IN_ZONE, "")),
        ("b", ForeignScope(BARE, "")),
        ("b.read", ForeignScope(BARE, "read")),
        ("b!t7", ForeignScope(replace(BARE, xsappname="b!t7"), "")),
        ("xs_user.read", PlatformScope("xs_user.read")),
        ("xsuaa", PlatformApplication("")),
        ("xsuaa!t7.xs_user.read", PlatformApplication("xs_user.read")),
        ("$XSAPPNAME(application,xsuaa).xs_user.read", PlatformApplication("xs_user.read")),
        ("$XSSERVICENAME(xsuaa)", ForeignScope(Application(service_instance="xsuaa"), "")),
        ("b!t7.read", ForeignScope(Application("application", "", "b!t7"), "read")),
    ],
)
def test_each_form_is_distinguished_from_the_others(text: str, found: Reference) -> None:
    assert parse_scope(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "b.*",
        "a b",
        "XSAPPNAME",
        "ACCEPT_GRANTED_AUTHORITIES",
        "$uaa.user",
        "xs_user.read$",
        "b!t7!t7",
        "b" * 101,
        "$XSAPPNAME.",
        "$XSAPPNAME..read",
        "$XSAPPNAME()",
        "$XSAPPNAME(b)",
        "$XSAPPNAME(APPLICATION,b)",
        "$XSAPPNAME(application,$XSAPPNAME,b)",
        "$XSAPPNAME(application,$OTHER)",
        "$XSAPPNAME(application,b).",
        "$XSAPPNAME(application,b)read",
        "$XSSERVICENAME()",
        "$XSSERVICENAME(a\nb)",
        "$XSSERVICENAME(" + "x" * 256 + ")",
        "$OTHER.read",
        "b!T7.read",
        "b.read\n",
    ],
)
def test_every_other_text_is_no_reference(text: str) -> None:
    assert parse_scope(text) is None


@pytest.mark.parametrize(
    ("text", "application"),
    [
        ("$XSAPPNAME(application,b)", NAMED),
        ("$XSSERVICENAME(my uaa)", SERVICE),
        ("$XSAPPNAME(application,b).read", None),
        ("$XSAPPNAME.read", None),
        ("$XSAPPNAME", OWN_APPLICATION),
        ("b", BARE),
        ("b.read", None),
        ("xsuaa", PlatformApplication("")),
        ("xsuaa.read", None),
        ("uaa.user", None),
        ("*", None),
    ],
)
def test_an_application_is_named_without_a_scope(
    text: str, application: Application | PlatformApplication | None
) -> None:
    assert parse_application(text) == application


@settings(deadline=None)
@given(st.text(st.characters(), max_size=300) | st.from_regex(r"\$XS[A-Z]*\(.*\)\..*"))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    parse_scope(text)


def test_blanks_and_parentheses_cost_time_proportional_to_their_number() -> None:
    """``$XSSERVICENAME(`` and 4,000 blanks once took 25 seconds."""
    began = time.thread_time()
    for start in ("$XSSERVICENAME(", "$XSAPPNAME(", "$XSAPPNAME(application,", "", "$XSAPPNAME."):
        for part in (" ", "(", ")", "a", ".", "a.", "*", "!", ",", " ,", "a ", "$"):
            assert parse_scope(start + part * 100_000) is None
    assert time.thread_time() - began < 1.0
