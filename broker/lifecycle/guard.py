"""A guard against taking away a credential type that is still in use; off by default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.errors import ForbiddenChange

if TYPE_CHECKING:
    from datetime import datetime

    from broker.instances.model import Instance
    from broker.lifecycle.ports import WithUsage

OVERRIDE = "ignore-credential-usage"
_MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class UsageGuard:
    """Refuses updates that remove a type used within so long; a span of 0 refuses none."""

    within: timedelta

    def refuse_types_in_use(
        self, repositories: WithUsage, before: Instance, after: Instance, now: datetime
    ) -> None:
        """Raise ForbiddenChange naming the bindings whose type was used lately and would go."""
        removed = set(before.client.credential_types) - set(after.client.credential_types)
        if not (self.within and removed):
            return
        found = [
            _sentence(type_, repositories.usage.used_by(before, type_, now - self.within))
            for type_ in sorted(removed)
        ]
        if sentences := [sentence for sentence in found if sentence]:
            days = self.within // timedelta(days=1)
            raise ForbiddenChange(
                f"Within the last {days} days there was use of what this update takes away."
                f" {' '.join(sentences)} Nothing was changed. Add"
                f' "{OVERRIDE}": true to the parameters to update all the same.'
            )


def _sentence(type_: str, bindings: list[str] | None) -> str:
    if bindings is None:
        return ""
    if not bindings:
        return f"{type_}: used by somebody who holds no binding any more."
    named = ", ".join(bindings[:_MAX_NAMED])
    more = f" and {len(bindings) - _MAX_NAMED} more" if len(bindings) > _MAX_NAMED else ""
    return f"{type_}: bindings {named}{more}."
