"""Instances and bindings as a platform keeps them: an id and the request that creates them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from tests.contract.response import JsonObject, Response


@dataclass(eq=False)
class Instance:
    """A service instance; it need not exist yet."""

    id: str
    body: JsonObject
    other_parameters: JsonObject | None = None
    bindings: list[Binding] = field(default_factory=list)

    @property
    def path(self) -> str:
        """Path below ``/v2``."""
        return f"/service_instances/{quote(self.id, safe='')}"

    @property
    def ids(self) -> dict[str, str]:
        """Service and plan, as deletions and hints name them."""
        return {name: self.body[name] for name in ("service_id", "plan_id")}

    @property
    def parameters(self) -> JsonObject:
        """The parameters it is created with."""
        found: JsonObject = self.body.get("parameters") or {}
        return found


@dataclass(eq=False)
class Binding:
    """A service binding or key; it need not exist yet."""

    instance: Instance
    id: str
    body: JsonObject
    other_parameters: JsonObject | None = None
    response: Response | None = None

    @property
    def path(self) -> str:
        """Path below ``/v2``."""
        return f"{self.instance.path}/service_bindings/{quote(self.id, safe='')}"

    @property
    def ids(self) -> dict[str, str]:
        """Service and plan, as deletions and hints name them."""
        return self.instance.ids

    @property
    def creation(self) -> Response:
        """The response to its creation."""
        assert self.response is not None
        return self.response

    @property
    def application(self) -> str | None:
        """The GUID of the bound application; None for a service key."""
        found: str | None = self.body.get("app_guid")
        return found


Resource = Instance | Binding
