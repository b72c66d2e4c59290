"""The ways from a user to a scope, step by step, each with what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from broker.authorization.decision.path import Removal
from broker.console.access.gaps import Gap, gap_of
from broker.console.role_collections.paths import ONE as COLLECTION
from broker.console.tables import Link, Text
from broker.console.users.lists import path_of
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.decision.explanation import ExplainedScope
    from broker.authorization.decision.path import Path
    from broker.authorization.explain_rights import ExplainedRights
    from broker.console.request import ConsoleRequest

MAX_CHAINS: Final = 20

_USER: Final = frozenset({Removal.OTHER_ZONE, Removal.INACTIVE_USER, Removal.INACTIVE_PROVIDER})
_COLLECTION: Final = frozenset({Removal.EXPIRED, Removal.OLD_SNAPSHOT, Removal.NOT_HELD})
_ROLE: Final = frozenset(
    {
        Removal.NO_VALUE,
        Removal.RESTRICTED_ELSEWHERE,
        Removal.NOT_IN_TEMPLATE,
        Removal.PENDING,
        Removal.NOT_GRANTED_TO_TEMPLATE,
    }
)


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a chain: the key of its label, what it is, how it follows, whether it is broken."""

    label: str
    is_broken: bool
    cell: Link | Text | None = None
    how: Message | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps from the user to the scope, and what is missing, in the order of the steps."""

    steps: tuple[Step, ...]
    gaps: tuple[Gap, ...]


@dataclass(frozen=True, slots=True)
class Chains:
    """The first ways to a scope, the gaps that all of them have, and the number of further ways.

    The gaps of a chain are those of its own.
    """

    shown: Sequence[Chain]
    common: Sequence[Gap]
    more: int


def chains_of(asked: ConsoleRequest, found: ExplainedRights, scope: ExplainedScope) -> Chains:
    """Return the ways that grant the scope; if there is none, the others.

    Those with the fewest gaps are first, among them those of role collections to assign.
    """
    if scope.is_granted:
        paths = [path for path in scope.paths if not path.removals]
    else:
        possible = [
            path._replace(removals=(Removal.NOT_HELD, *path.removals)) for path in scope.candidates
        ]
        own = [path for path in scope.paths if path.role or not possible]
        paths = sorted([*own, *possible], key=lambda path: len(path.removals))
    chains = [_chain(asked, found, path) for path in paths]
    first = chains[0].gaps if len(chains) > 1 else ()
    common = [gap for gap in first if all(gap in each.gaps for each in chains)]
    shown = [
        replace(each, gaps=tuple(gap for gap in each.gaps if gap not in common))
        for each in chains[:MAX_CHAINS]
    ]
    return Chains(shown, common, max(0, len(chains) - MAX_CHAINS))


def _chain(asked: ConsoleRequest, found: ExplainedRights, path: Path) -> Chain:
    broken = set(path.removals)
    steps = [
        Step(
            "access.step.user",
            bool(broken & _USER),
            Link(found.user.name, found.user.origin, path=path_of(asked, found.user.user_id)),
        )
    ]
    if path.role or Removal.NOT_HELD in broken:
        steps += _role_steps(asked, path, broken)
    elif path.is_of_every_user:
        steps.append(Step("access.step.role", is_broken=False, how=Message("access.every_user")))
    at_client = broken - _USER - _COLLECTION - _ROLE
    steps += [
        Step("access.step.client", bool(at_client), Text(found.client.app_id)),
        Step("access.step.scope", bool(broken), Text(path.scope)),
    ]
    gaps = tuple(gap_of(asked, found, path, each) for each in path.removals)
    return Chain(tuple(steps), gaps)


def _role_steps(asked: ConsoleRequest, path: Path, broken: set[Removal]) -> list[Step]:
    collection, role = None, None
    if path.role:
        where = COLLECTION.replace("<zone>", asked.zone_guid)
        collection = Link(path.collection, path=where, query={"name": path.collection})
        role = Text(path.role, f"{path.template} · {path.app_id}")
    is_missing = Removal.NOT_HELD in broken
    how = Message("access.not_assigned") if is_missing else _membership(path)
    return [
        Step("access.step.collection", bool(broken & _COLLECTION), collection, how),
        Step("access.step.role", bool(broken & _ROLE) or role is None, role),
    ]


def _membership(path: Path) -> Message:
    if path.mapping is not None:
        attribute, value = path.mapping
        return Message("access.by_mapping", {"attribute": attribute, "value": value})
    if path.expires_at is not None:
        return Message("access.assigned_until", {"time": f"{path.expires_at:%Y-%m-%d %H:%M}"})
    return Message("access.assigned")
