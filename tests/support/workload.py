"""Which tests share a process and which start first when a run is distributed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.forks import ROOT

if TYPE_CHECKING:
    import pytest

# Long suites first: short ones fill the gaps at the end.
_ORDER = (
    *("browser", "packaging", "fuzz", "hosts", "journeys", "operations", "clients"),
    *("contract", "edge", "migrations", "properties", "unit"),
)
_SHARED_BY_FILES = ("browser", "image")
"""Slow fixtures of several files."""


def group(item: pytest.Item) -> str:
    """Return the name of the group that shares a process; empty if the test may run alone.

    That is a file, once for each value of the parameters that its fixtures have in common, if the
    test has a parameter or a fixture that lives longer than a test.
    """
    names = getattr(item, "fixturenames", ())
    for name in _SHARED_BY_FILES:
        if name in names:
            return name
    values = _long_lived_values(item)
    if not values and not _has_fixture_of_module(item):
        return ""
    return "-".join([str(item.path.relative_to(ROOT).with_suffix("")), *values])


def rank(item: pytest.Item) -> int:
    """Return where the test's suite is in the order."""
    suite = item.path.relative_to(ROOT / "tests").parts[0]
    return _ORDER.index(suite) if suite in _ORDER else -1


def _long_lived_values(item: pytest.Item) -> list[str]:
    call = getattr(item, "callspec", None)
    if call is None:
        return []
    return [
        str(value)
        for name, value in sorted(call.params.items())
        if call._arg2scope[name].value != "function" and isinstance(value, str)
    ]


def _has_fixture_of_module(item: pytest.Item) -> bool:
    information: Any = getattr(item, "_fixtureinfo", None)
    definitions = information.name2fixturedefs.values() if information else ()
    return any(each[-1].scope in {"class", "module", "package"} for each in definitions)
