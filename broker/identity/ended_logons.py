"""The number of ended sessions, codes, tokens and links of users."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndedLogons:
    """How many of each kind ended; ``refresh_tokens`` counts grants, not rotated tokens."""

    sessions: int = 0
    codes: int = 0
    refresh_tokens: int = 0
    passcodes: int = 0
    password_links: int = 0
