"""The text about ended sessions, codes, tokens and links of users."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.identity.ended_logons import EndedLogons


def as_sentence(ended: EndedLogons) -> str:
    """Return the sentence about what ended; access tokens are not counted."""
    counts = [
        f"{count} {name.replace('_', ' ').removesuffix('s')}{'' if count == 1 else 's'}"
        for name, count in asdict(ended).items()
        if count
    ]
    listed = f" and {', '.join(counts)}" if counts else ""
    return f"Ended all access tokens{listed}."
