"""The ids of the service and its plans, from the catalog of this version."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from broker.runtime.resources import resource

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Service:
    """The only service: its id, and the ids of its plans by name."""

    service_id: str
    plans: Mapping[str, str]

    def ids(self, plan: str) -> dict[str, str]:
        """Return the members of a request that name service and plan."""
        return {"service_id": self.service_id, "plan_id": self.plans[plan]}


def service() -> Service:
    """Return the service."""
    [only] = yaml.safe_load(resource("catalog.yaml").read_text())["services"]
    return Service(only["id"], {plan["name"]: plan["id"] for plan in only["plans"]})
