"""What the operations are asked for, checked for form and not yet for content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.audit.actor import Actor
from broker.instances.plan import Plan


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
    """A provision call, checked for form and not yet for content."""

    caller: Actor
    instance_id: str
    service_id: str
    plan_id: str
    plan: Plan
    parameters: Mapping[str, Any]
    organization_guid: str | None
    space_guid: str | None
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class UpdateRequest:
    """An update call; ``plan_id`` None means unchanged, empty parameters change nothing (D-05)."""

    caller: Actor
    instance_id: str
    service_id: str
    plan_id: str | None
    parameters: Mapping[str, Any]
    context: Mapping[str, Any]
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class BindRequest:
    """A bind call, for an application or a service key.

    ``predecessor_id`` names the binding that this one will replace; then service and plan may be
    None, which means the instance's (OSB-ROT-02).
    """

    caller: Actor
    instance_id: str
    binding_id: str
    service_id: str | None
    plan_id: str | None
    parameters: Mapping[str, Any]
    app_guid: str | None
    predecessor_id: str | None = None


@dataclass(frozen=True, slots=True)
class DeleteRequest:
    """A deprovision or, with ``binding_id``, an unbind call."""

    caller: Actor
    instance_id: str
    service_id: str
    plan_id: str
    binding_id: str = ""
