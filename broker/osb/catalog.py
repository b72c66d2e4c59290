"""The catalog: ``catalog.yaml`` as openbrokerapi's objects, and look-ups in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml
from openbrokerapi.catalog import ServicePlan
from openbrokerapi.service_broker import Service

from broker.errors import InvalidRequest
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Catalog:
    """The one service of this broker and its plans, by id."""

    service: Service
    plans: Mapping[str, Plan]

    @classmethod
    def load(cls, path: Path) -> Catalog:
        """Read the catalog from a YAML file."""
        [entry] = yaml.safe_load(path.read_text())["services"]
        plans = entry.pop("plans")
        service = Service(**entry, plans=[ServicePlan(**plan) for plan in plans])
        return cls(service, {plan["id"]: Plan(plan["name"]) for plan in plans})

    def require_service(self, service_id: str) -> None:
        """Raise InvalidRequest unless the catalog has this service (OSB-PROV-07)."""
        if service_id != self.service.id:
            raise InvalidRequest.at(
                "service_id", f'"{service_id[:64]}" is not in the catalog', str(self.service.id)
            )

    def plan(self, plan_id: str) -> Plan:
        """Return the plan, or raise InvalidRequest (OSB-PROV-07)."""
        if plan_id not in self.plans:
            allowed = ", ".join(f"{id_} ({plan})" for id_, plan in self.plans.items())
            raise InvalidRequest.at("plan_id", f'"{plan_id[:64]}" is not in the catalog', allowed)
        return self.plans[plan_id]
