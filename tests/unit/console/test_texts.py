"""Numbers and times in words, in each language."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broker.console.texts import ConsoleTexts

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EN, DE = ConsoleTexts("en", now=NOW), ConsoleTexts("de", now=NOW)


@pytest.mark.parametrize(
    ("difference", "english", "german"),
    [
        ({"seconds": 59}, "just now", "gerade eben"),
        ({"minutes": 1}, "1 minute ago", "vor 1 Minute"),
        ({"minutes": 59}, "59 minutes ago", "vor 59 Minuten"),
        ({"hours": 1}, "1 hour ago", "vor 1 Stunde"),
        ({"hours": 23}, "23 hours ago", "vor 23 Stunden"),
        ({"days": 3}, "3 days ago", "vor 3 Tagen"),
        ({"days": 400}, "1 year ago", "vor 1 Jahr"),
        ({"seconds": -1}, "now", "jetzt"),
        ({"days": -30}, "in 30 days", "in 30 Tagen"),
    ],
)
def test_relative_times(difference: dict[str, int], english: str, german: str) -> None:
    at = NOW - timedelta(**difference)
    assert (EN.ago(at), DE.ago(at)) == (english, german)


def test_numbers() -> None:
    assert [each.number(1234567) for each in (EN, DE)] == ["1,234,567", "1.234.567"]
    assert EN.number(999) == "999"


def test_known_messages() -> None:
    assert EN.has("done.logged_out")
    assert not EN.has("done.<script>")
    assert EN("login.title") == "Log in to the console"  # the console's, not that of the login
    assert EN("login.wrong")
