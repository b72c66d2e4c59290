"""The parameter scope (O-61)."""

from __future__ import annotations

import pytest

from broker.authorization.requested_scopes import requested_scopes, shown
from broker.errors import GrantRefused


@pytest.mark.parametrize(
    ("text", "scopes"),
    [
        ("", ()),
        (" , ", ()),
        ("a!t1.read openid", ("a!t1.read", "openid")),
        ("openid,a!t1.read, openid", ("openid", "a!t1.read")),
    ],
)
def test_scopes_are_separated_by_spaces_or_commas(text: str, scopes: tuple[str, ...]) -> None:
    assert requested_scopes(text) == scopes


def test_descriptions_contain_what_rfc_6749_allows() -> None:
    assert shown('a"b\\c\n\u00e4.read') == "a?b?c??.read"
    assert shown("x" * 500) == "x" * 128


def test_a_long_text_is_refused_unread() -> None:
    assert requested_scopes("a," * 32_768) == ("a",)
    with pytest.raises(GrantRefused, match="at most 65536"):
        requested_scopes("a" * 65_537)
