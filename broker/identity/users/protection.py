"""The protection of the last administrator of a zone (I-160)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from broker.audit.actor import ActorKind
from broker.errors import StateConflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from broker.audit.actor import Actor
    from broker.identity.zone import Zone


class Administrators(Protocol):
    """Knows the administrators of zones."""

    def has_administrator(self, zone: Zone, now: datetime | None = None) -> bool:
        """Return whether a user who can log on holds the administrator's role; lock the zone."""


LAST_ADMINISTRATOR = (
    "The zone would have no administrator left. Make another active user administrator first; only"
    " the command line can remove the last one."
)


@contextmanager
def keeping_an_administrator(
    assignments: Administrators, actor: Actor, zone: Zone, now: datetime | None = None
) -> Iterator[None]:
    """Raise StateConflict if the work within takes the zone's last administrator at ``now`` away.

    ``now`` is the database's time by default. The command line may do so. The zone is locked, so
    that two removals cannot both succeed.
    """
    had = assignments.has_administrator(zone, now)
    yield
    is_operator = actor.kind == ActorKind.COMMAND_LINE
    if had and not is_operator and not assignments.has_administrator(zone, now):
        raise StateConflict(LAST_ADMINISTRATOR)
