"""Names of service instances and service keys, which commands take in place of ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from broker.errors import InstanceNotFound, StateConflict

if TYPE_CHECKING:
    from broker.instances.model import Instance
    from broker.lifecycle.inspect import Inspect, Inspection

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Name(click.ParamType[str]):
    """A new name that no shell, file system or Kubernetes secret reads as something else."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name; another text is a usage error."""
        if _NAME.fullmatch(value) is None:
            self.fail(
                f"{value[:64]!r} is not a name: use 1 to 100 letters, digits, dots, hyphens and"
                " underscores, the first one a letter or digit",
                param,
                ctx,
            )
        return value


def named(inspect: Inspect, text: str) -> list[Instance]:
    """Return the service instances with this id or this name."""
    found = inspect.all()
    return [each for each in found if each.instance_id == text] or [
        each for each in found if each.name == text
    ]


def inspected(inspect: Inspect, text: str) -> Inspection:
    """Return the service instance with this id or name.

    Raises InstanceNotFound, and StateConflict for a name of several.
    """
    found = named(inspect, text)
    if len(found) > 1:
        ids = ", ".join(each.instance_id for each in found[:5])
        raise StateConflict(f"{len(found)} service instances have this name; use the id: {ids}")
    if not found:
        raise InstanceNotFound
    return inspect.one(found[0].instance_id)
