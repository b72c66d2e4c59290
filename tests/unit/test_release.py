"""The changelog, the version and the page of upgrades agree."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from broker import __version__

ROOT = Path(__file__).parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
UPGRADE_PAGE = (ROOT / "docs/upgrade.md").read_text()
_RELEASE = re.compile(r"## (\d+)\.(\d+)\.(\d+) - (\d{4}-\d{2}-\d{2})")
_COMMIT = re.compile(r'^[A-Z_]+ = "([0-9a-f]{40})"$', re.MULTILINE)
_ROW = re.compile(r"^\| ([0-9a-f]{8}) \| \d{4} \|.*`make (\w+)` \|$", re.MULTILINE)


def releases(changelog: str) -> list[tuple[tuple[int, ...], date]]:
    """Return versions and dates, in the order of the page; raise ValueError for another heading."""
    found = []
    for heading in re.findall(r"^## .*$", changelog, re.MULTILINE)[1:]:
        if not (release := _RELEASE.fullmatch(heading)):
            raise ValueError(f"{heading!r} is not '## MAJOR.MINOR.PATCH - YYYY-MM-DD'")
        *version, day = release.groups()
        found.append((tuple(map(int, version)), date.fromisoformat(day)))
    return found


def test_the_changelog_has_dated_releases_below_the_unreleased_changes() -> None:
    assert re.findall(r"^## .*$", CHANGELOG, re.MULTILINE)[0] == "## Unreleased"
    listed = releases(CHANGELOG)
    assert listed == sorted(listed, reverse=True)
    assert len(dict(listed)) == len(listed)
    if listed:
        assert ".".join(map(str, listed[0][0])) == __version__
    kinds = set(re.findall(r"^### (.*)$", CHANGELOG, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_a_release_without_a_date_is_found() -> None:
    dated = releases("## Unreleased\n\n## 0.2.0 - 2026-12-01\n")
    assert dated == [((0, 2, 0), date(2026, 12, 1))]
    for heading in ("## 0.2.0", "## 0.2 - 2026-12-01", "## 0.2.0 - 2026-13-01"):
        with pytest.raises(ValueError, match=r"MAJOR|month"):
            releases(f"## Unreleased\n\n{heading}\n")


def test_the_page_lists_the_commits_from_which_upgrades_are_tested() -> None:
    tests = (ROOT / "tests/hosts/test_rolling_upgrade.py").read_text()
    tested = {commit[:8] for commit in _COMMIT.findall(tests)}
    assert dict(_ROW.findall(UPGRADE_PAGE)).keys() == tested
    assert {"test", "soak"} == set(dict(_ROW.findall(UPGRADE_PAGE)).values())


def test_nothing_says_that_the_package_is_on_an_index() -> None:
    files = [*ROOT.glob("*.md"), *ROOT.joinpath("docs").rglob("*.md")]
    files += ROOT.joinpath("broker").rglob("*.py")
    installs = re.compile(r"pip install\W+xsuaa[-_]broker(?!-<version>)")
    assert [str(file) for file in files if installs.search(file.read_text())] == []
    assert installs.search("pip install 'xsuaa-broker[otel]'")
