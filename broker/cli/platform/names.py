"""Names of service instances and service keys, which commands take in place of ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from broker.cli.table import SHORT_ID
from broker.errors import NotFound, StateConflict

if TYPE_CHECKING:
    from broker.instances.model import Instance
    from broker.lifecycle.inspect import Inspect, Inspection
    from broker.settings.model import Settings

_SHOWN = 64
"""How much of an unknown name is repeated."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Name(click.ParamType[str]):
    """A new name that no shell, file system or Kubernetes secret reads as something else."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; another text is a usage error."""
        if _NAME.fullmatch(value) is None:
            self.fail(
                f"{value[:_SHOWN]!r} is not a name: use 1 to 100 letters, digits, dots, hyphens and"
                " underscores, the first one a letter or digit",
                param,
                ctx,
            )
        return value


def named(inspect: Inspect, name: str) -> list[Instance]:
    """Return the service instances with this id or this name."""
    return [each for each in inspect.all() if name in {each.instance_id, each.name}]


def inspected(inspect: Inspect, text: str) -> Inspection:
    """Return the service instance with this id, else with this name, else with this short id.

    Raises NotFound, and StateConflict for a name or short id of several.
    """
    return inspect.one(_found(inspect, text).instance_id)


def binding_id_of(inspection: Inspection, text: str) -> str:
    """Return the id of the binding with this id, or this short id of only one; raise NotFound."""
    ids = [each.binding_id for each in inspection.bindings]
    found = [text] if text in ids else []
    if not found and len(text) >= SHORT_ID:
        found = [each for each in ids if each.startswith(text)]
    if len(found) != 1:
        instance = inspection.instance
        raise NotFound(
            f"Service instance {instance.name or instance.instance_id} has no service key or"
            f" binding {text[:_SHOWN]!r}; service-keys list shows all"
        )
    return found[0]


def instance_id_of(settings: Settings, text: str) -> str:
    """Return the id of the service instance that the text names; raises as ``inspected``."""
    from broker.composition.administration import open_administration  # noqa: PLC0415

    return _found(open_administration(settings).inspect, text).instance_id


def recorded_instance_id(settings: Settings, text: str) -> str:
    """Return the id as ``instance_id_of``; the text itself is that of a deleted instance."""
    try:
        return instance_id_of(settings, text)
    except NotFound:
        return text


def _found(inspect: Inspect, text: str) -> Instance:
    every = inspect.all()
    found = [each for each in every if each.instance_id == text]
    found = found or [each for each in every if each.name == text]
    if not found and len(text) >= SHORT_ID:
        found = [each for each in every if each.instance_id.startswith(text)]
    if len(found) > 1:
        ids = ", ".join(each.instance_id for each in found[:5])
        raise StateConflict(f"{len(found)} service instances have this name; use the id: {ids}")
    if not found:
        raise NotFound(
            f"There is no service instance with the id or name {text[:_SHOWN]!r}; instances list"
            " shows all"
        )
    return found[0]
