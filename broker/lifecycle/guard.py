"""A guard against removing a credential type that is still in use; off by default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.errors import ForbiddenChange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from broker.instances.model import Instance
    from broker.lifecycle.ports import WithUsage

OVERRIDE = "ignore-credential-usage"
_MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class UsageGuard:
    """Refuses updates that remove a type used within the time ``within``; 0 disables it."""

    within: timedelta

    def types_in_use(
        self, repositories: WithUsage, before: Instance, after: Instance, now: datetime
    ) -> dict[str, list[str]]:
        """Return the recently used types that the update would remove, with their bindings."""
        removed = set(before.client.credential_types) - set(after.client.credential_types)
        if not self.within:
            return {}
        since = now - self.within
        found = {
            type_: repositories.usage.used_by(before, type_, since) for type_ in sorted(removed)
        }
        return {type_: bindings for type_, bindings in found.items() if bindings is not None}

    def refusal(self, in_use: Mapping[str, Sequence[str]]) -> ForbiddenChange:
        """Return the error that names the types in use and the parameter to override it."""
        days = self.within // timedelta(days=1)
        sentences = " ".join(_sentence(type_, bindings) for type_, bindings in in_use.items())
        return ForbiddenChange(
            f"This update removes credential types that were used within the last {days} days."
            f" {sentences} Nothing was changed. To update anyway, add"
            f' "{OVERRIDE}": true to the parameters.'
        )


def _sentence(type_: str, bindings: Sequence[str]) -> str:
    if not bindings:
        return f"{type_}: used by a client that no longer has a binding."
    named = ", ".join(bindings[:_MAX_NAMED])
    more = f" and {len(bindings) - _MAX_NAMED} more" if len(bindings) > _MAX_NAMED else ""
    return f"{type_}: bindings {named}{more}."
