"""A small model of instances and bindings after any sequence of platform calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from tests.support.platform import APIACCESS, SERVICE_ID

JsonObject = dict[str, Any]

INSTANCE_SECRET, BINDING_SECRET = "instance-secret", "binding-secret"

_serials = count(1)


@dataclass(frozen=True)
class Binding:
    """A binding; ``serial`` distinguishes it from a later one with the same id."""

    type: str
    parameters: JsonObject
    predecessor: str | None
    serial: int = field(default_factory=lambda: next(_serials))


@dataclass(frozen=True)
class Instance:
    """An instance with its bindings by their ids."""

    plan: str
    parameters: JsonObject
    name: str
    tenant_mode: str
    types: tuple[str, ...]
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    serial: int = field(default_factory=lambda: next(_serials))


World = Mapping[str, Instance]
"""All instances by id."""


@dataclass(frozen=True)
class Outcome:
    """The status of a call, the world after it, and the binding whose credentials it returned."""

    status: int
    world: World
    instance: Instance | None = None
    binding: Binding | None = None


@dataclass(frozen=True)
class Request:
    """A call as it is sent; ids have the prefix that separates examples."""

    method: str
    path: str
    query: dict[str, str]
    body: JsonObject | None


@dataclass(frozen=True)
class Provision:
    """PUT of an instance."""

    instance: str
    plan: str
    parameters: JsonObject

    def apply(self, world: World) -> Outcome:
        """Say what must come of it."""
        existing = world.get(self.instance)
        is_invalid = self.plan == APIACCESS and not _suits_apiaccess(self.parameters)
        # Another plan is a conflict before its parameters are validated (OSB-PROV-04).
        if is_invalid and (existing is None or existing.plan == self.plan):
            return Outcome(400, world)
        if existing is not None:
            same = (existing.plan, existing.parameters) == (self.plan, self.parameters)
            return Outcome(200 if same else 409, world)
        name = self.parameters.get("xsappname", f"without a name: {self.instance}")
        if (self.plan, name) in {(each.plan, each.name) for each in world.values()}:
            return Outcome(400, world)
        listed = _types(self.parameters) or (INSTANCE_SECRET,)
        created = Instance(
            self.plan,
            self.parameters,
            name,
            _tenant_mode(self.parameters),
            (BINDING_SECRET,) if self.plan == APIACCESS else listed,
        )
        return Outcome(201, {**world, self.instance: created})

    def request(self, prefix: str) -> Request:
        """Return the call to send; every example has its own organization."""
        body = {
            **_ids(self.plan),
            "organization_guid": f"{prefix}organization",
            "space_guid": "space",
            "parameters": self.parameters,
        }
        return Request("PUT", _path(prefix, self.instance), {}, body)


@dataclass(frozen=True)
class Update:
    """PATCH of an instance."""

    instance: str
    plan: str
    parameters: JsonObject

    def apply(self, world: World) -> Outcome:
        """Say what must come of it."""
        existing = world.get(self.instance)
        if existing is None:
            return Outcome(404, world)
        if self.plan != existing.plan:
            return Outcome(422, world)
        if not self.parameters:
            return Outcome(200, world)
        if existing.plan == APIACCESS and not _suits_apiaccess(self.parameters):
            return Outcome(400, world)
        new = self.parameters["xsappname"], _tenant_mode(self.parameters)
        if new != (existing.name, existing.tenant_mode):
            return Outcome(422, world)
        listed = () if existing.plan == APIACCESS else _types(self.parameters)
        types = listed or existing.types
        changed = replace(existing, parameters=self.parameters, types=types)
        return Outcome(200, {**world, self.instance: changed})

    def request(self, prefix: str) -> Request:
        """Say how it is sent."""
        body = {**_ids(self.plan), "parameters": self.parameters}
        return Request("PATCH", _path(prefix, self.instance), {}, body)


@dataclass(frozen=True)
class Deprovision:
    """DELETE of an instance."""

    instance: str
    plan: str

    def apply(self, world: World) -> Outcome:
        """Say what must come of it."""
        existing = world.get(self.instance)
        if existing is None:
            return Outcome(410, world)
        if existing.plan != self.plan:
            return Outcome(400, world)
        return Outcome(200, {id_: left for id_, left in world.items() if id_ != self.instance})

    def request(self, prefix: str) -> Request:
        """Say how it is sent."""
        return Request("DELETE", _path(prefix, self.instance), _ids(self.plan), None)


@dataclass(frozen=True)
class Bind:
    """PUT of a binding, which may have a predecessor."""

    instance: str
    binding: str
    plan: str
    parameters: JsonObject
    predecessor: str | None = None

    def apply(self, world: World) -> Outcome:
        """Say what must come of it."""
        instance = world.get(self.instance)
        if instance is None:
            return Outcome(404, world)
        if instance.plan != self.plan:
            return Outcome(400, world)
        existing = instance.bindings.get(self.binding)
        if existing is not None:
            inherits = self.predecessor is not None and not self.parameters
            same = existing.predecessor == self.predecessor and (
                inherits or existing.parameters == self.parameters
            )
            if not same:
                return Outcome(409, world)
            return Outcome(200, world, instance, existing)
        inherited: JsonObject = {}
        if self.predecessor is not None:
            if self.predecessor not in instance.bindings:
                return Outcome(400, world)
            inherited = instance.bindings[self.predecessor].parameters
        parameters = self.parameters or inherited
        type_ = parameters.get("credential-type", instance.types[0])
        if type_ not in instance.types:
            return Outcome(400, world)
        created = Binding(type_, parameters, self.predecessor)
        instance = replace(instance, bindings={**instance.bindings, self.binding: created})
        return Outcome(201, {**world, self.instance: instance}, instance, created)

    def request(self, prefix: str) -> Request:
        """Say how it is sent."""
        rotation = {"predecessor_binding_id": self.predecessor} if self.predecessor else {}
        body = {**_ids(self.plan), "parameters": self.parameters, **rotation}
        return Request("PUT", _path(prefix, self.instance, self.binding), {}, body)


@dataclass(frozen=True)
class Unbind:
    """DELETE of a binding."""

    instance: str
    binding: str
    plan: str

    def apply(self, world: World) -> Outcome:
        """Say what must come of it."""
        instance = world.get(self.instance)
        if instance is None or self.binding not in instance.bindings:
            return Outcome(410, world)
        if instance.plan != self.plan:
            return Outcome(400, world)
        left = {id_: kept for id_, kept in instance.bindings.items() if id_ != self.binding}
        return Outcome(200, {**world, self.instance: replace(instance, bindings=left)})

    def request(self, prefix: str) -> Request:
        """Say how it is sent."""
        path = _path(prefix, self.instance, self.binding)
        return Request("DELETE", path, _ids(self.plan), None)


Operation = Provision | Update | Deprovision | Bind | Unbind


def accepts(world: World, instance: int, binding: int, type_: str) -> bool:
    """Return whether a credential of this instance and binding, by serial, is valid now."""
    for existing in world.values():
        if existing.serial == instance and type_ in existing.types:
            serials = {bound.serial for bound in existing.bindings.values()}
            return type_ == INSTANCE_SECRET or binding in serials
    return False


def _types(parameters: JsonObject) -> tuple[str, ...]:
    return tuple(parameters.get("oauth2-configuration", {}).get("credential-types", ()))


def _suits_apiaccess(parameters: JsonObject) -> bool:
    types = _types(parameters)
    return parameters.keys() <= {"xsappname", "oauth2-configuration"} and (
        not types or BINDING_SECRET in types
    )


def _tenant_mode(parameters: JsonObject) -> str:
    return str(parameters.get("tenant-mode", "dedicated"))


def _ids(plan: str) -> dict[str, str]:
    return {"service_id": SERVICE_ID, "plan_id": plan}


def _path(prefix: str, instance: str, binding: str | None = None) -> str:
    path = f"/service_instances/{prefix}{instance}"
    return path if binding is None else f"{path}/service_bindings/{binding}"
