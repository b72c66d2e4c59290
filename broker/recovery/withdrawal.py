"""A withdrawal that is repeated in a restored database, or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.errors import InvalidRequest, NotFound, StateConflict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Refused(str):
    """A message about a refused withdrawal; the operator has to repeat it."""

    __slots__ = ()


def attempt(what: str, done: str, withdraw: Callable[[], bool]) -> Iterator[str]:
    """Yield what was done, or why it was refused; nothing for an object that does not exist.

    ``withdraw`` returns whether it changed anything; ``done`` is a participle, such as Deleted.
    """
    try:
        changed = withdraw()
    except NotFound:
        return
    except (InvalidRequest, StateConflict) as error:
        yield Refused(f"Not {done.lower()} again: {what}: {error}")
        return
    if changed:
        yield f"{done} {what} again."
