"""The catalog: ``catalog.yaml`` as openbrokerapi's objects, and look-ups in it."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml
from openbrokerapi.catalog import Schemas, ServicePlan
from openbrokerapi.service_broker import Service

from broker.errors import InvalidRequest, MaintenanceConflict
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from broker.osb.body import Message


@dataclass(frozen=True, slots=True)
class Catalog:
    """The one service of this broker, its plans and their maintenance versions, by plan id."""

    service: Service
    plans: Mapping[str, Plan]
    versions: Mapping[str, str]

    @classmethod
    def load(
        cls, path: Path, schemas: Mapping[Plan, Mapping[str, Any]], origin: str = ""
    ) -> Catalog:
        """Read the catalog from a YAML file and add the parameter schemas of each plan.

        ``origin`` is that of a documentation URL which is a path.
        """
        [entry] = yaml.safe_load(path.read_text())["services"]
        documentation = str(entry["metadata"]["documentationUrl"])
        if documentation.startswith("/"):
            entry["metadata"]["documentationUrl"] = origin + documentation
        plans = entry.pop("plans")
        service = Service(
            **entry,
            plans=[
                ServicePlan(**plan, schemas=Schemas(**schemas[Plan(plan["name"])]))
                for plan in plans
            ],
        )
        return cls(
            service,
            {plan["id"]: Plan(plan["name"]) for plan in plans},
            {plan["id"]: plan["maintenance_info"]["version"] for plan in plans},
        )

    def shown(self, *, bindings_retrievable: bool) -> Service:
        """Return the service for a platform that may or may not read credentials back (D-07)."""
        if bindings_retrievable:
            return self.service
        service = copy.copy(self.service)
        service.bindings_retrievable = False
        return service

    def check(self, message: Message) -> None:
        """Check service, plan and maintenance version of a message, those that it names.

        Raises InvalidRequest, MaintenanceConflict.
        """
        if message.service_id is not None:
            self.require_service(message.service_id)
        if message.plan_id is not None:
            self.plan(message.plan_id)
        if message.maintenance_version is not None:
            self.require_version(message.maintenance_version, message.plan_id)

    def require_service(self, service_id: str) -> None:
        """Raise InvalidRequest unless the catalog has this service (OSB-PROV-07)."""
        if service_id != self.service.id:
            raise InvalidRequest.at(
                "service_id",
                f'"{service_id[:64]}" is not in the catalog',
                f"the id of service {self.service.name}",
            )

    def plan(self, plan_id: str) -> Plan:
        """Return the plan, or raise InvalidRequest (OSB-PROV-07)."""
        if plan_id not in self.plans:
            raise InvalidRequest.at(
                "plan_id",
                f'"{plan_id[:64]}" is not in the catalog',
                f"the id of plan {' or '.join(self.plans.values())}",
            )
        return self.plans[plan_id]

    def require_version(self, version: str, plan_id: str | None) -> None:
        """Raise MaintenanceConflict unless this is the plan's maintenance version.

        OSB-PROV-11, OSB-UPD-08; without a plan any plan's version will do.
        """
        current = {self.versions[plan_id]} if plan_id else set(self.versions.values())
        if version not in current:
            raise MaintenanceConflict(
                f'maintenance_info.version: "{version[:64]}" is not the version in the catalog;'
                f" allowed: {', '.join(sorted(current))}"
            )
