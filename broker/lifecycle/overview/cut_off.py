"""The bindings whose credentials a new list of credential types cuts off, or accepts again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from broker.clock import utc_text
from broker.credentials.registry import is_shared
from broker.lifecycle.ports import WithBindings, WithUsage

if TYPE_CHECKING:
    from broker.instances.model import BindingSummary, Instance


class CutOffStore(WithBindings, WithUsage, Protocol):
    """The bindings of an instance and their recorded use."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """A live binding whose credential type an update removes.

    ``holder`` is the binding's name on the platform: an application's binding or a service key.
    """

    binding_id: str
    holder: str
    credential_type: str
    last_used_at: datetime | None

    def __str__(self) -> str:
        at = self.last_used_at
        used = f"last used {utc_text(at)}" if at else "no use recorded"
        return f"{self.holder}: its {self.credential_type} is no longer accepted ({used})"


def cut_off(store: CutOffStore, instance: Instance, types: Collection[str]) -> Sequence[CutOff]:
    """Return the bindings that lose their credential if the instance lists ``types``, oldest first.

    Two statements, none if no type is removed.
    """
    if set(types).issuperset(instance.client.credential_types):
        return []
    used = store.usage.last_uses(instance)
    bindings = store.bindings.summaries(instance)
    return cut_off_among([(each, used.get(each.binding_id)) for each in bindings], instance, types)


def cut_off_among(
    bindings: Iterable[tuple[BindingSummary, datetime | None]],
    instance: Instance,
    types: Collection[str],
) -> Sequence[CutOff]:
    """Return those of the bindings, each with its last use, that lose their credential."""
    gone = set(instance.client.credential_types).difference(types)
    return [
        CutOff(each.binding_id, instance.holder(each), each.credential_type, used_at)
        for each, used_at in bindings
        if each.credential_type in gone
    ]


def accepted_again_among(
    bindings: Iterable[BindingSummary],
    instance: Instance,
    types: Collection[str],
    *,
    relists_secret: bool,
) -> Sequence[BindingSummary]:
    """Return the bindings whose credential is accepted again if the instance lists ``types``.

    ``relists_secret``: whether a de-listed instance secret returns instead of a new one (D-02).
    """
    added = set(types).difference(instance.client.credential_types)
    added = {each for each in added if relists_secret or not is_shared(each)}
    return [each for each in bindings if each.credential_type in added]
