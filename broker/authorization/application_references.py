"""References to other applications and the instances they are pinned to (D-30).

A reference by xsappname is pinned to the first service instance of that name in the zone (D-53).
After its deletion only an instance of the same space can replace it, so that squatting on the name
gains nothing. A reference by service instance name is resolved within the own space only, and stays
pinned when the instance is renamed. A bare name is resolved within the own space only, too (D-54).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.authorization.reference import Reference
from broker.descriptor.declarations import EVERY_APPLICATION
from broker.descriptor.names import XSAPPNAME_PLACEHOLDER, AppId
from broker.descriptor.references import OWN_APPLICATION
from broker.errors import Violation
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from broker.authorization.ports import References
    from broker.clock import Clock
    from broker.descriptor.declarations import Declaration
    from broker.descriptor.references import Application
    from broker.identity.ports import Zones
    from broker.identity.zone import Zone, ZoneDirectory
    from broker.instances.model import Instance


def broken_references(
    references: Iterable[Declaration], instance: Instance, stored: References
) -> Iterator[Violation]:
    """Yield a violation for each application id that cannot exist in the instance's zone."""
    elsewhere = [each for each in references if _is_elsewhere(each.application, instance)]
    # The indexes of applications that a split moved are those of their former zones.
    moved = stored.moved_ids(instance) if elsewhere else ()
    for declaration in elsewhere:
        if declaration.application.xsappname not in moved:
            yield Violation(
                declaration.path,
                f'"{declaration.application.xsappname}" is an id from another organization or'
                " namespace",
                f"ids that end with {AppId('', instance.plan.letter, instance.client.zone.index)}",
            )


def unreachable(references: Iterable[Declaration], zones: ZoneDirectory) -> list[str]:
    """Return a note for each reference to a zone that the operator has not mapped.

    Descriptors of multi-tenant applications name SAP's own zones, which do not exist here.
    """
    return [
        f'{declaration.path} has no effect: no zone is named "{declaration.application.zone}".'
        for declaration in references
        if declaration.application.zone and zones.mapped(declaration.application.zone) is None
    ]


def requested_references(
    references: Collection[Declaration],
    instance: Instance,
    zones: Zones,
    directory: ZoneDirectory,
    clock: Clock,
) -> set[Reference]:
    """Return the descriptor's references in the form in which they are resolved."""
    found: dict[str, Zone | None] = {"": instance.client.zone}
    for name in dict.fromkeys(each.application.zone for each in references):
        if not name:
            continue
        key = directory.mapped(name)
        zone = found[name] = zones.find_or_create(key, clock.now()) if key else None
        if zone is not None:
            # Locks the zone: no target of the reference is created or deleted until the commit.
            zones.grants_changed(zone)
    requested = [_reference(each, found[each.application.zone], instance) for each in references]
    # In both spellings, the name is not limited to the own space.
    widest = {each: each for each in sorted(requested, key=lambda each: not each.in_own_space)}
    return set(widest.values())


def _reference(declaration: Declaration, zone: Zone | None, instance: Instance) -> Reference:
    application = declaration.application
    if application == EVERY_APPLICATION or application.service_instance:
        app_id = ""
    elif application == OWN_APPLICATION:
        app_id = instance.client.app_id
    elif zone is None or application.plan not in set(Plan):
        # An id that no application can have.
        app_id = f"{application.zone or application.plan}:{application.xsappname}"
    elif "!" in application.xsappname:
        app_id = application.xsappname
    else:
        is_own = application.xsappname == XSAPPNAME_PLACEHOLDER
        name = instance.xsappname if is_own else application.xsappname
        app_id = str(AppId(name, Plan(application.plan).letter, zone.index))
    return Reference(
        declaration.usage,
        declaration.holder,
        app_id,
        application.service_instance,
        declaration.name,
        application.in_own_space,
    )


def _is_elsewhere(application: Application, instance: Instance) -> bool:
    _, mark, suffix = application.xsappname.rpartition("!")
    # After a split of the zone, applications keep their ids.
    indexes = {str(instance.client.zone.index), str(instance.app_id.zone_index)}
    return bool(mark) and suffix[1:] not in indexes
