"""A reference to another application, and the application it is pinned to (D-30)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from broker.descriptor.declarations import Usage
from broker.descriptor.names import AppId

if TYPE_CHECKING:
    from broker.identity.client import Client


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference by application id, by service instance name in the own space, or to any.

    ``holder`` is the own scope, role template or role collection; ``name`` is the other
    application's scope or role template, empty for all of them. ``in_own_space`` excludes
    applications of other spaces; it does not distinguish references.
    """

    usage: Usage
    holder: str
    app_id: str
    service_instance: str
    name: str
    in_own_space: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        """Return the reference for display."""
        target = self.app_id or self.service_instance or "every application"
        holder = f' "{self.holder}"' if self.holder else ""
        name = f' "{self.name}"' if self.name else ""
        return f"{self.usage}{holder}: {target}{name}"

    @property
    def is_grant(self) -> bool:
        """Whether it grants a scope to another application."""
        return self.usage in {Usage.GRANTED_APPS, Usage.GRANT_AS_AUTHORITY}

    def in_zone_of(self, owner: Client) -> Reference:
        """Return the reference of this client with the index of its present zone.

        References stored before a split have that of the former zone.
        """
        try:
            target = AppId.parse(self.app_id)
        except ValueError:
            return self
        if target.zone_index != AppId.parse(owner.app_id).zone_index:
            return self
        return replace(self, app_id=str(replace(target, zone_index=owner.zone.index)))


@dataclass(frozen=True, slots=True)
class ResolvedReference:
    """A reference with the id of the application it is pinned to, None if it is pending."""

    reference: Reference
    target_app_id: str | None
