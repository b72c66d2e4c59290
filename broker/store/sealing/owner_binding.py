"""How far the values of the data keys are bound to their owners (D-52)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class OwnerBinding(StrEnum):
    """Whether the values of a data key are bound to their owners (D-52).

    It is part of the wrapping of the key, so that only a master key can change it. In the order of
    the advance: no value of the key is bound; none is, but those of newer keys are; each value is;
    each value of every key is.
    """

    NONE = ""
    SUPERSEDED = "superseded"
    STARTED = "started"
    FINISHED = "finished"

    @property
    def is_bound(self) -> bool:
        """Whether each value of the key is bound to its owner."""
        return self in {OwnerBinding.STARTED, OwnerBinding.FINISHED}

    @property
    def note(self) -> str:
        """What an operator should do, '' if owners are bound."""
        if self is OwnerBinding.FINISHED:
            return ""
        return (
            "secrets are not bound to their owners: of a row that was given to another owner, only"
            " what its content says is found. Run data-keys bind-owners once every server runs"
            " this version."
        )


_ORDER = tuple(OwnerBinding)


def furthest(bindings: Iterable[OwnerBinding]) -> OwnerBinding:
    """Return the binding that has advanced most: that of the database as a whole."""
    return max(bindings, key=_ORDER.index, default=OwnerBinding.NONE)
