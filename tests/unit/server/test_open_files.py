"""The soft limit of open files."""

from __future__ import annotations

import resource

import pytest

from broker.server.open_files import raise_open_files_limit

INFINITE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((1024, 4096), (4096, 4096)),
        ((1024, 1_048_576), (65_536, 1_048_576)),
        ((1024, INFINITE), (65_536, INFINITE)),
        ((100_000, 1_048_576), (100_000, 1_048_576)),
        ((INFINITE, INFINITE), (INFINITE, INFINITE)),
        ((400, 400), (400, 400)),
    ],
)
def test_it_is_raised_and_never_lowered(
    monkeypatch: pytest.MonkeyPatch, before: tuple[int, int], after: tuple[int, int]
) -> None:
    limits = [before]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, new: limits.append(new))
    raise_open_files_limit()
    assert limits[-1] == after
