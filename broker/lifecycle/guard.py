"""A guard against removing a credential type that is still in use; off by default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from broker.instances.model import Instance
    from broker.lifecycle.ports import WithBindings, WithUsage

OVERRIDE = "ignore-credential-usage"
_MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class UsageGuard:
    """Refuses updates that remove a type used within the time ``within``; 0 disables it."""

    within: timedelta

    def types_in_use(
        self, repositories: WithUsage, before: Instance, types: Collection[str], now: datetime
    ) -> dict[str, list[str]]:
        """Return the recently used types that an update to ``types`` removes, with bindings."""
        removed = set(before.client.credential_types).difference(types)
        if not self.within:
            return {}
        since = now - self.within
        found = {
            type_: repositories.usage.used_by(before, type_, since) for type_ in sorted(removed)
        }
        return {type_: bindings for type_, bindings in found.items() if bindings is not None}

    def refusal(
        self,
        repositories: WithBindings,
        instance: Instance,
        in_use: Mapping[str, Sequence[str]],
    ) -> str:
        """Return the text that names the types in use and the parameter to override the guard."""
        days = self.within // timedelta(days=1)
        holders = {
            each.binding_id: instance.holder(each)
            for each in repositories.bindings.summaries(instance)
        }
        sentences = " ".join(
            _sentence(type_, [holders.get(each, each) for each in bindings])
            for type_, bindings in in_use.items()
        )
        return (
            f"This update removes credential types that were used within the last {days} days."
            f' {sentences} Re-create these bindings with another type first, or add "{OVERRIDE}":'
            " true to the parameters."
        )


def _sentence(type_: str, holders: Sequence[str]) -> str:
    if not holders:
        return f"{type_} is used by a client that no longer has a binding."
    named = ", ".join(holders[:_MAX_NAMED])
    more = f" and {len(holders) - _MAX_NAMED} more" if len(holders) > _MAX_NAMED else ""
    return f"{type_} is used by {named}{more}."
