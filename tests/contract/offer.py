"""The service and plan under check, from the broker's catalog."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.response import JsonObject, Response


class NothingOffered(Exception):
    """There is no catalog, or it lacks the requested service or plan."""


@dataclass(frozen=True)
class Offer:
    """One service and one plan of a catalog, with a second plan if the service has one."""

    catalog: JsonObject
    service: JsonObject
    plan: JsonObject
    other_plan: JsonObject | None

    @classmethod
    def choose(cls, response: Response, *, service: str = "", plan: str = "") -> Offer:
        """Choose by name, by default the first bindable plan of the first service.

        Raises NothingOffered if the response has no such service and plan.
        """
        if response.status != 200:
            raise NothingOffered(f"The catalog cannot be read: {response}")
        catalog = response.members
        for candidate in objects(catalog.get("services")):
            if service and candidate.get("name") != service:
                continue
            plans = list(objects(candidate.get("plans")))
            fitting = [each for each in plans if not plan or each.get("name") == plan]
            if fitting:
                bindable = [each for each in fitting if _flag(candidate, each, "bindable")]
                chosen = (bindable or fitting)[0]
                others = [each for each in plans if each is not chosen]
                return cls(catalog, candidate, chosen, others[0] if others else None)
        raise NothingOffered(
            "The catalog has no service"
            + (f" named {service}" if service else "")
            + (f" with a plan named {plan}" if plan else " with a plan")
        )

    @property
    def ids(self) -> dict[str, str]:
        """The service and plan ids as members of requests."""
        return {"service_id": str(self.service.get("id")), "plan_id": str(self.plan.get("id"))}

    @property
    def all_ids(self) -> list[dict[str, str]]:
        """Every pair of service and plan in the catalog."""
        return [
            {"service_id": str(service.get("id")), "plan_id": str(plan.get("id"))}
            for service in objects(self.catalog.get("services"))
            for plan in objects(service.get("plans"))
        ]

    def has(self, flag: str) -> bool:
        """Return whether the plan, or else its service, has a flag set."""
        return _flag(self.service, self.plan, flag)

    @property
    def maintenance_version(self) -> str | None:
        """The version of the plan's maintenance_info."""
        found = self.plan.get("maintenance_info")
        return found.get("version") if isinstance(found, dict) else None

    def schema(self, resource: str, call: str) -> JsonObject:
        """The schema of parameters, ``service_instance`` and ``create`` for example."""
        return schema_of(self.plan, resource, call)

    @property
    def refuses_unknown_parameters(self) -> bool:
        """Whether the schema of instance parameters closes the object."""
        return self.schema("service_instance", "create").get("additionalProperties") is False


def schema_of(plan: JsonObject, resource: str, call: str) -> JsonObject:
    """The schema of parameters in a plan; empty when there is none."""
    found: Any = plan.get("schemas")
    for name in (resource, call, "parameters"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def objects(value: Any) -> Iterator[JsonObject]:
    """The objects in a list; empty for any other value."""
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def _flag(service: JsonObject, plan: JsonObject, name: str) -> bool:
    return plan.get(name, service.get(name, False)) is True
