"""References to other applications: what they seek, and whom they are pinned to (D-30).

A reference by xsappname pins to the first service instance of that name. When that instance is
gone, only one of the same space takes its place: a squatter of the name inherits nothing. A
reference by service instance name looks in the own space only and keeps to the instance it found,
also when that is renamed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authorization.reference import Reference
from broker.descriptor.declarations import EVERY_APPLICATION, declarations
from broker.descriptor.names import AppId
from broker.errors import Violation
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.clock import Clock
    from broker.descriptor.declarations import Declaration
    from broker.descriptor.model import Descriptor
    from broker.descriptor.references import Application
    from broker.identity.ports import Zones
    from broker.identity.zone import Zone, ZoneDirectory
    from broker.instances.model import Instance


def broken_references(descriptor: Descriptor, instance: Instance) -> Iterator[Violation]:
    """Yield the application ids that can never exist in the instance's zone."""
    for declaration in declarations(descriptor):
        if _is_elsewhere(declaration.application, instance):
            yield Violation(
                declaration.path,
                f'"{declaration.application.xsappname}" is an id of another organization or'
                " namespace",
                f"ids that end with {AppId('', instance.plan.letter, instance.client.zone.index)}",
            )


def unreachable(descriptor: Descriptor, zones: ZoneDirectory) -> list[str]:
    """Return a sentence about each reference to a zone that the operator has not named.

    Descriptors of multi-tenant applications name zones of SAP's own; here that means nobody.
    """
    return [
        f'{declaration.path} has no effect: no zone is named "{declaration.application.zone}".'
        for declaration in declarations(descriptor)
        if declaration.application.zone and zones.mapped(declaration.application.zone) is None
    ]


def sought_references(
    descriptor: Descriptor,
    instance: Instance,
    zones: Zones,
    directory: ZoneDirectory,
    clock: Clock,
) -> set[Reference]:
    """Return the descriptor's references as they are looked for."""
    found = set()
    for declaration in declarations(descriptor):
        zone: Zone | None = instance.client.zone
        if name := declaration.application.zone:
            key = directory.mapped(name)
            zone = zones.find_or_create(key, clock.now()) if key else None
            if zone is not None:
                # Locks it: nobody whom the reference seeks comes or goes there meanwhile.
                zones.grants_changed(zone)
        found.add(_reference(declaration, zone))
    return found


def _reference(declaration: Declaration, zone: Zone | None) -> Reference:
    application = declaration.application
    if application == EVERY_APPLICATION or application.service_instance:
        app_id = ""
    elif zone is None or application.plan not in set(Plan):
        # No application has such an id.
        app_id = f"{application.zone or application.plan}:{application.xsappname}"
    elif "!" in application.xsappname:
        app_id = application.xsappname
    else:
        app_id = str(AppId(application.xsappname, Plan(application.plan).letter, zone.index))
    return Reference(
        declaration.usage,
        declaration.holder,
        app_id,
        application.service_instance,
        declaration.name,
    )


def _is_elsewhere(application: Application, instance: Instance) -> bool:
    _, mark, suffix = application.xsappname.rpartition("!")
    return bool(mark) and suffix[1:] != str(instance.client.zone.index)
