"""The option ``--zone`` of commands, and the zone that it names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from broker.descriptor.paths import printable
from broker.errors import NotFound

if TYPE_CHECKING:
    from broker.identity.zone import ZoneOverview
    from broker.settings.model import Settings

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

zone_option = click.option(
    "--zone", required=True, metavar="ZONE", help="Index, GUID or subdomain of the zone."
)
"""Adds the parameter ``zone``, the text that ``administered_zone`` looks up."""


def zone_overview(settings: Settings, text: str) -> ZoneOverview:
    """Return the zone with this index, GUID or subdomain; raise NotFound."""
    from broker.composition.administration import open_administration  # noqa: PLC0415
    from broker.identity.zone import overview_named  # noqa: PLC0415

    found = overview_named(open_administration(settings).inspect.zones(), text)
    if found is None:
        raise NotFound(f"There is no zone {printable(text)}; the command zones list lists all.")
    return found


def recorded_zone_guid(settings: Settings, text: str) -> str:
    """Return the GUID of the zone that the text names; raise NotFound.

    A GUID is returned as it is: ``zones list`` has no zone of operators, but events have one.
    """
    return text if _GUID.fullmatch(text) else zone_overview(settings, text).zone.guid
