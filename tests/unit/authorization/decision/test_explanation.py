"""Paths to scopes, grouped by scope."""

from __future__ import annotations

from broker.authorization.decision.explanation import explained
from broker.authorization.decision.path import Path, Removal
from broker.authorization.rights import Rights

PATHS = [
    Path("b", (Removal.EXPIRED,), "C"),
    Path("a", collection="C"),
    Path("b", collection="D"),
    Path("c", (Removal.NOT_HELD,)),
]


def test_a_scope_is_granted_by_one_path() -> None:
    found = explained(Rights(("a", "b")), ("C", "D"), PATHS, ())
    assert [(each.scope, len(each.paths), each.is_granted) for each in found.scopes] == [
        ("a", 1, True),
        ("b", 2, True),
        ("c", 1, False),
    ]


def test_scopes_can_be_selected() -> None:
    found = explained(Rights(("a", "b")), (), PATHS, ["c", "b"])
    assert [each.scope for each in found.scopes] == ["b", "c"]
