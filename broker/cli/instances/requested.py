"""The descriptor of ``instances create`` and ``update``, from a file in any known form."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.cli.platform.parameters import Given
    from broker.descriptor.sources.request import InstanceRequest

resource_option = click.option(
    "--resource", default="", metavar="NAME", help="Resource of mta.yaml, if there are several."
)


def requested(given: Given | None, resource: str, values: Mapping[str, str]) -> InstanceRequest:
    """Return what the option -c requests; ``values`` are those of placeholders.

    Raises InvalidRequest.
    """
    from broker.descriptor.sources.request import (  # noqa: PLC0415
        InstanceRequest,
        requested_instance,
    )
    from broker.errors import InvalidRequest  # noqa: PLC0415

    if given is None:
        return InstanceRequest("", {})
    found = requested_instance(given.data, given.name, given.directory, resource, values)
    if found.plan not in {"", *Plan}:
        raise InvalidRequest.at(
            "service-plan", f'plan "{found.plan[:64]}" is not offered', ", ".join(Plan)
        )
    return found
