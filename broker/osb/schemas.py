"""The parameter schemas of each plan in the catalog."""

from __future__ import annotations

from typing import Any

from broker.descriptor.binding import BindingParameters
from broker.descriptor.schema import apiaccess_schema, descriptor_schema, parameter_schema
from broker.instances.plan import Plan

PlanSchemas = dict[str, Any]


def catalog_schemas() -> dict[Plan, PlanSchemas]:
    """Return the ``schemas`` object of each plan, generated from the models that parse."""
    binding = parameter_schema(BindingParameters)
    return {
        Plan.APPLICATION: _schemas(descriptor_schema(), binding),
        Plan.APIACCESS: _schemas(apiaccess_schema(), binding),
    }


def _schemas(instance: dict[str, Any], binding: dict[str, Any]) -> PlanSchemas:
    return {
        "service_instance": {
            "create": {"parameters": instance},
            "update": {"parameters": instance},
        },
        "service_binding": {"create": {"parameters": binding}},
    }
