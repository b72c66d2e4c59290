"""Pending logins (I-93, D-42)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.credentials.browser_values import BrowserValues
from broker.login.browser.pending import MAX_LENGTH, PendingLogins
from tests.support.digest_keys import FixedDigestKeys
from tests.support.domain import FakeClock
from tests.support.users import A_ZONE

HOST = "uaa.example.org"
PARAMETERS = {"client_id": "sb-app!t1", "state": "<é\"'>"}


def made() -> tuple[PendingLogins, FakeClock]:
    clock = FakeClock()
    return PendingLogins(BrowserValues(FixedDigestKeys()), clock), clock


def test_a_login_opens_as_it_was_sealed() -> None:
    logins, clock = made()
    clock.advance(milliseconds=1234)
    pending = logins.start(A_ZONE, HOST, PARAMETERS)
    assert pending.started_at == int(clock.now().timestamp() * 1000)
    assert pending.is_of(A_ZONE)
    assert not pending.is_of(replace(A_ZONE, index=2))
    for each in (
        pending,
        replace(pending, consent=("a", "b")),
        replace(pending, hinted_user="0a1b2c3d"),
        logins.start(A_ZONE, HOST, destination="/account"),
    ):
        assert logins.open(logins.seal(each, "browser"), "browser", HOST) == each
    assert "sb-app" not in logins.seal(pending, "browser")


def test_another_browser_or_host_cannot_open_it() -> None:
    logins, _ = made()
    text = logins.seal(logins.start(A_ZONE, HOST, PARAMETERS), "browser")
    assert logins.open(text, "other", HOST) is None
    assert logins.open(text, "", HOST) is None
    assert logins.open(text, "browser", "other.example.org") is None


def test_it_expires_after_its_last_page() -> None:
    """30 minutes; the beginning of the login stays the same."""
    logins, clock = made()
    pending = logins.start(A_ZONE, HOST, PARAMETERS)
    first = logins.seal(pending, "browser")
    clock.advance(minutes=29)
    opened = logins.open(first, "browser", HOST)
    assert opened == pending
    second = logins.seal(opened, "browser")
    clock.advance(minutes=29)
    assert logins.open(first, "browser", HOST) is None
    assert logins.open(second, "browser", HOST) == pending


@pytest.mark.parametrize("text", ["", "x", "é", "A" * 400, "A" * (MAX_LENGTH + 1)])
def test_other_texts_open_nothing(text: str) -> None:
    logins, _ = made()
    assert logins.open(text, "browser", HOST) is None


def test_a_token_of_a_form_is_no_login() -> None:
    logins, _ = made()
    text = logins.values.seal("csrf", b"", "browser", HOST)
    assert logins.open(text, "browser", HOST) is None


def test_the_longest_request_fits() -> None:
    """I-60: 8 KiB of parameters."""
    logins, _ = made()
    random = "".join(chr(33 + (at * at * 7919 + at) % 90) for at in range(8192))
    pending = logins.start(A_ZONE, HOST, {"state": random})
    assert logins.open(logins.seal(pending, "browser"), "browser", HOST) == pending
