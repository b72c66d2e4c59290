"""Requests to the operations, validated in form, not in content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from broker.audit.actor import Actor
from broker.instances.plan import Plan


@dataclass(frozen=True, slots=True)
class ProvisionRequest:
    """A provision request."""

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
    """An update request; without ``plan_id`` or parameters these stay unchanged (D-05)."""

    caller: Actor
    instance_id: str
    service_id: str
    plan_id: str | None
    parameters: Mapping[str, Any]
    context: Mapping[str, Any]
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class BindRequest:
    """A bind request for an application or a service key.

    ``predecessor_id`` is the binding that this one will replace; then service and plan may be None,
    meaning those of the instance (OSB-ROT-02).
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
    """A deprovision request or, with ``binding_id``, an unbind request."""

    caller: Actor
    instance_id: str
    service_id: str
    plan_id: str
    binding_id: str = ""
