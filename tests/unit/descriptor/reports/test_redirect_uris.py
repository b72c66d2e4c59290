"""The report on a requested redirect URI."""

from __future__ import annotations

import pytest

from broker.descriptor.reports.redirect_uris import report_on

REGISTERED = ["https://app.example.org/cb", "https://*.apps.example.org/**"]
ENTRY = "oauth2-configuration.redirect-uris"


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        (
            "https://a.apps.example.org/x",
            f"matches {ENTRY}[1] (https://*.apps.example.org/**)",
        ),
        (
            "https://app.example.org/",
            (
                f"matches no entry; the nearest is {ENTRY}[0] (https://app.example.org/cb): "
                'the path is "/", registered is "/cb"'
            ),
        ),
        (
            "/x",
            "matches no entry: no scheme; allowed: an absolute URI that starts with https://",
        ),
    ],
)
def test_the_text(uri: str, text: str) -> None:
    assert str(report_on(uri, REGISTERED)) == f'"{uri}" {text}'


def test_control_characters_are_not_printed() -> None:
    assert str(report_on("https://a\x1b[1m", REGISTERED)).isprintable()


def test_the_json_form() -> None:
    assert report_on("https://app.example.org/", REGISTERED).as_json() == {
        "uri": "https://app.example.org/",
        "matches": False,
        "entry": f"{ENTRY}[0] (https://app.example.org/cb)",
        "differences": ['the path is "/", registered is "/cb"'],
    }
