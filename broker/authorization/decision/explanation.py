"""An explanation of the scopes of a user's tokens, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.rights import Rights

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from broker.authorization.decision.path import Path


@dataclass(frozen=True, slots=True)
class ExplainedScope:
    """A scope with all paths to it; it is granted if nothing removed one of them.

    ``candidates`` are the paths of role collections that the user does not have.
    """

    scope: str
    paths: tuple[Path, ...]
    candidates: tuple[Path, ...] = ()

    @property
    def is_granted(self) -> bool:
        """Whether tokens contain the scope."""
        return any(path.removal is None for path in self.paths)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The rights of a user at a client, and the paths to each scope, sorted by scope."""

    rights: Rights
    collections: tuple[str, ...]
    scopes: tuple[ExplainedScope, ...]


def explained(
    rights: Rights,
    collections: tuple[str, ...],
    paths: Iterable[Path],
    scopes: Sequence[str],
    candidates: Iterable[Path] = (),
) -> Explanation:
    """Group the paths by scope; ``scopes`` selects some, if it is not empty."""
    by_scope, possible = _by_scope(paths, scopes), _by_scope(candidates, scopes)
    return Explanation(
        rights,
        collections,
        tuple(
            ExplainedScope(scope, tuple(by_scope[scope]), tuple(possible.get(scope, ())))
            for scope in sorted(by_scope)
        ),
    )


def _by_scope(paths: Iterable[Path], scopes: Sequence[str]) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in paths:
        if not scopes or path.scope in scopes:
            found.setdefault(path.scope, []).append(path)
    return found
