"""A reference to another application, and what it is pinned to (D-30)."""

from __future__ import annotations

from dataclasses import dataclass

from broker.descriptor.declarations import Usage


@dataclass(frozen=True, slots=True)
class Reference:
    """What is sought: an application id, else a service instance of the own space, else any.

    ``holder`` is the own scope, role template or role collection; ``name`` the other application's
    scope or role template, empty for all of them.
    """

    usage: Usage
    holder: str
    app_id: str
    service_instance: str
    name: str

    def __str__(self) -> str:
        """Say what is granted to whom, or wanted of whom."""
        sought = self.app_id or self.service_instance or "every application"
        holder = f' "{self.holder}"' if self.holder else ""
        name = f' "{self.name}"' if self.name else ""
        return f"{self.usage}{holder}: {sought}{name}"


@dataclass(frozen=True, slots=True)
class ResolvedReference:
    """A reference with the id of the application it is pinned to, if that exists now."""

    reference: Reference
    target_app_id: str | None
