"""Attempts at providers, in cookies and ``state`` (I-36, D-42)."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.credentials.browser_values import BrowserValues
from broker.errors import LogonInvalid
from broker.identity.providers.provider import OIDC, Provider
from broker.relying_party.attempt import (
    MAX_COOKIE,
    MAX_STATE,
    Attempt,
    Attempts,
    PendingTooLarge,
    name_part,
)
from tests.support.digest_keys import FixedDigestKeys
from tests.support.users import A_ZONE

NOW = datetime(2030, 1, 1, tzinfo=UTC)
PROVIDER = Provider(
    7, A_ZONE, "corp", OIDC, "Corp", configuration={"issuer": "https://login.example.org"}
)
ATTEMPTS = Attempts(BrowserValues(FixedDigestKeys()))
LONGEST = Provider(
    2**62,
    A_ZONE,
    "o" * 36,
    OIDC,
    "Corp",
    configuration={"issuer": "https://" + "i" * 500},
)


def test_the_values_of_an_attempt_are_random_and_differ() -> None:
    values = {
        value
        for _ in range(3)
        for attempt in [Attempt.at(PROVIDER, NOW)]
        for value in (attempt.state, attempt.nonce, attempt.verifier, attempt.challenge)
    }
    assert len(values) == 12
    assert {len(value) for value in values} == {43}


def test_an_attempt_returns_with_its_pending_request() -> None:
    attempt = Attempt.at(PROVIDER, NOW, max_age=60, is_fresh=True)
    state, cookie = ATTEMPTS.sealed(attempt, "pending")
    assert ATTEMPTS.opened(cookie, state, NOW) == (attempt, "pending")
    assert state == attempt.state
    assert name_part(state) == state[:8]
    for secret in (attempt.secret, attempt.nonce, attempt.verifier):
        assert secret not in cookie


@pytest.mark.parametrize("length", [1, 900, 1000, 1100, 1500, 1800, 1900])
def test_a_long_request_travels_in_state_too(length: int) -> None:
    pending = "p" * length
    attempt = Attempt.at(LONGEST, NOW, max_age=2**31, is_fresh=True)
    state, cookie = ATTEMPTS.sealed(attempt, pending)
    assert len(cookie) <= MAX_COOKIE
    assert len(state) <= MAX_STATE
    assert ATTEMPTS.opened(cookie, state, NOW) == (attempt, pending)


@pytest.mark.parametrize("pending", ["p" * 2300, "", "a b", "a;b", "a\n", "é"])
def test_another_request_does_not_fit(pending: str) -> None:
    with pytest.raises(PendingTooLarge):
        ATTEMPTS.sealed(Attempt.at(PROVIDER, NOW), pending)


def refused(cookie: str, state: str, now: datetime = NOW) -> str:
    with pytest.raises(LogonInvalid) as invalid:
        ATTEMPTS.opened(cookie, state, now)
    return invalid.value.reason


def test_cookie_and_state_must_be_of_the_same_attempt() -> None:
    first = ATTEMPTS.sealed(Attempt.at(PROVIDER, NOW), "p" * 1800)
    second = ATTEMPTS.sealed(Attempt.at(PROVIDER, NOW), "q" * 1800)
    assert "another" in refused(first[1], second[0])
    head, _, rest = first[0].partition(".")
    for state in (
        head,
        f"{head}.",
        f"{head}.{rest[1:]}",
        f"{head}.{second[0].partition('.')[2]}",
        f"{head}.{rest}x",
    ):
        assert "another" in refused(first[1], state)
    sealed, _, kept = first[1].partition(".")
    assert "another" in refused(f"{sealed}.{kept[1:]}", first[0])
    assert "unknown" in refused(f"{second[1].partition('.')[0][:-4]}AAAA.{kept}", first[0])


@pytest.mark.parametrize("state", ["", "x", "x" * 42, "x" * 44, "x" * 43 + "\n", "x" * 2000, "é"])
def test_another_state_is_unknown(state: str) -> None:
    _, cookie = ATTEMPTS.sealed(Attempt.at(PROVIDER, NOW), "p")
    assert "unknown" in refused(cookie, state)


def test_an_attempt_ends_after_ten_minutes() -> None:
    state, cookie = ATTEMPTS.sealed(Attempt.at(PROVIDER, NOW), "p")
    assert ATTEMPTS.opened(cookie, state, NOW + timedelta(minutes=9, seconds=59))
    assert "expired" in refused(cookie, state, NOW + timedelta(minutes=10))
    assert "expired" in refused(cookie, state, NOW - timedelta(minutes=2))


def test_an_attempt_is_of_its_provider_only() -> None:
    attempt = Attempt.at(PROVIDER, NOW)
    assert attempt.is_of(PROVIDER)
    other_issuer = {"issuer": "https://evil.example.org"}
    for other in (
        replace(PROVIDER, row_id=8),
        replace(PROVIDER, origin="other"),
        replace(PROVIDER, configuration=other_issuer),
        replace(PROVIDER, zone=replace(A_ZONE, guid="another")),
    ):
        assert not attempt.is_of(other)


def test_the_oldest_attempts_make_room() -> None:
    cookies = {
        f"c{age}": ATTEMPTS.sealed(Attempt.at(PROVIDER, NOW - timedelta(minutes=age)), "p")[1]
        for age in (3, 1, 2, 11)
    }
    assert set(ATTEMPTS.obsolete(cookies, NOW)) == {"c3", "c11"}
    assert set(ATTEMPTS.obsolete({"x": "nonsense", "c1": cookies["c1"]}, NOW)) == {"x"}
    assert list(ATTEMPTS.obsolete({}, NOW)) == []


@given(st.text(string.printable, max_size=60), st.text(string.printable, max_size=60))
def test_any_cookie_and_state_are_refused(cookie: str, state: str) -> None:
    assert refused(cookie, state)
