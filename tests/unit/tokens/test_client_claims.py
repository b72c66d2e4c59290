"""Claims and scopes of technical users."""

from __future__ import annotations

import pytest

from broker.errors import GrantRefused
from broker.tokens.client_claims import audience
from broker.tokens.grants.client_credentials import narrowed

HELD = ("app!t1.Read", "app!t1.Write", "uaa.resource")


def test_the_audience_is_the_client_and_the_prefixes_of_the_granted_scopes() -> None:
    assert audience("sb-app!t1", HELD) == ["sb-app!t1", "app!t1", "uaa"]
    assert audience("sb-app!t1", ["openid"]) == ["sb-app!t1"]
    assert audience("sb-app!t1", ["app!t1.a.b"]) == ["sb-app!t1", "app!t1"]


@pytest.mark.parametrize("requested", ["", " ", ","])
def test_by_default_all_scopes_are_granted(requested: str) -> None:
    assert narrowed(HELD, requested) == HELD


@pytest.mark.parametrize("separator", [" ", ",", ", ", "  "])
def test_requested_scopes_narrow_the_token(separator: str) -> None:
    assert narrowed(HELD, separator.join(["uaa.resource", "app!t1.Read"])) == (
        "uaa.resource",
        "app!t1.Read",
    )


@pytest.mark.parametrize("foreign", ["other!t1.Read", "app!t1.read", "app!t1.", 'a"b\\c\x00ü'])
def test_a_foreign_scope_is_refused(foreign: str) -> None:
    with pytest.raises(GrantRefused) as caught:
        narrowed(HELD, f"uaa.resource {foreign}")
    assert caught.value.code == "invalid_scope"
    text = str(caught.value)
    assert text.isascii()
    assert not set(text) & {'"', "\\", "\x00"}
