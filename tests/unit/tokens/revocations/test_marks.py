"""Marks that revoke a user's tokens at one client (O-103)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broker.descriptor.part import MAX_TOKEN_LIFETIME
from broker.tokens.revocations.marks import is_revoked, mark_expiry, revocation_mark
from tests.support.instances import START

NOW = START + timedelta(milliseconds=400)
BACKDATE = 5


@pytest.mark.parametrize(
    ("issued_after", "expected"),
    [(-3600, True), (0, True), (1, True), (2, False), (3600, False)],
)
def test_tokens_issued_until_the_end_of_the_second_are_revoked(
    issued_after: int, *, expected: bool
) -> None:
    expires_at = mark_expiry(NOW, BACKDATE)
    issued_at = int(START.timestamp()) + issued_after - BACKDATE
    assert is_revoked(issued_at, expires_at) is expected


def test_a_mark_lives_about_as_long_as_any_token_that_it_revokes() -> None:
    assert mark_expiry(NOW, 0) >= NOW + MAX_TOKEN_LIFETIME
    assert mark_expiry(NOW, BACKDATE) >= NOW + MAX_TOKEN_LIFETIME - timedelta(seconds=BACKDATE)


def test_without_a_mark_no_token_is_revoked() -> None:
    assert not is_revoked(0, None)


def test_marks_are_those_of_one_user_at_one_client() -> None:
    marks = {revocation_mark(client, user) for client in ("a", "b") for user in ("u", "v")}
    assert len(marks) == 4
    assert {len(mark) for mark in marks} == {32}
