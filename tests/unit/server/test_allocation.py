"""One arena of malloc for all threads, unless the operator has set their number."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
from broker.server.allocation import share_one_arena


class Library:
    """A C library with mallopt, or without."""

    def __init__(self, *, has_arenas: bool) -> None:
        self.calls: list[tuple[int, int]] = []
        if has_arenas:
            self.mallopt = lambda option, value: self.calls.append((option, value))


@pytest.mark.parametrize(
    ("has_arenas", "variable", "calls"),
    [(True, None, [(-8, 1)]), (True, "4", []), (True, "", []), (False, None, [])],
)
def test_the_number_is_set_where_it_can_be_and_is_not_yet(
    monkeypatch: pytest.MonkeyPatch, has_arenas: bool, variable: str | None, calls: list[Any]
) -> None:
    library = Library(has_arenas=has_arenas)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    if variable is None:
        monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    else:
        monkeypatch.setenv("MALLOC_ARENA_MAX", variable)
    share_one_arena()
    assert library.calls == calls
