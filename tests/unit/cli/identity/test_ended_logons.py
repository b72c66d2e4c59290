"""The text about ended sessions, codes, tokens and links of users."""

from __future__ import annotations

from broker.cli.identity.ended_logons import as_sentence
from broker.identity.ended_logons import EndedLogons


def test_counts_are_named_unless_they_are_zero() -> None:
    assert as_sentence(EndedLogons()) == "Ended all access tokens."
    ended = as_sentence(EndedLogons(sessions=1, refresh_tokens=2, password_links=1))
    assert ended == "Ended all access tokens and 1 session, 2 refresh tokens, 1 password link."
