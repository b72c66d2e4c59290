"""References to other applications: what they seek, and whom they are pinned to (D-30).

A reference by xsappname pins to the first service instance of that name. When that instance is
gone, only one of the same space takes its place: a squatter of the name inherits nothing. A
reference by service instance name looks in the own space only and keeps to the instance it found,
also when that is renamed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.descriptor.declarations import EVERY_APPLICATION, Usage, declarations
from broker.descriptor.names import AppId
from broker.errors import Violation
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.clock import Clock
    from broker.descriptor.declarations import Declaration
    from broker.descriptor.model import Descriptor
    from broker.descriptor.references import Application
    from broker.instances.model import Instance
    from broker.instances.ports import Repositories
    from broker.instances.zone import ZoneDirectory


@dataclass(frozen=True, slots=True)
class Reference:
    """What is sought: an application id, else a service instance of the own space, else any.

    ``holder`` is the own scope, role template or role collection; ``name`` the other application's
    scope or role template, empty for all of them.
    """

    usage: Usage
    holder: str
    app_id: str
    service_instance: str
    name: str


@dataclass(frozen=True, slots=True)
class ResolvedReference:
    """A reference with the id of the application it is pinned to, if that exists now."""

    reference: Reference
    target_app_id: str | None
    was_pinned: bool


def broken_references(
    descriptor: Descriptor, instance: Instance, zones: ZoneDirectory
) -> Iterator[Violation]:
    """Yield the references that can never mean anything in the instance's zone."""
    for declaration in declarations(descriptor):
        application = declaration.application
        if application.zone and zones.mapped(application.zone) is None:
            yield Violation(
                declaration.path,
                f'the zone "{application.zone}"',
                "a zone that the operator has named (XSUAA_ZONES)",
            )
        elif _is_elsewhere(application, instance):
            yield Violation(
                declaration.path,
                f'"{application.xsappname}" is an id of another organization or namespace',
                f"ids that end with {AppId('', instance.plan.letter, instance.client.zone.index)}",
            )


def sought_references(
    descriptor: Descriptor,
    instance: Instance,
    repositories: Repositories,
    zones: ZoneDirectory,
    clock: Clock,
) -> set[Reference]:
    """Return the descriptor's references as they are looked for, without the broken ones."""
    found = set()
    for declaration in declarations(descriptor):
        application = declaration.application
        zone = instance.client.zone
        if application.zone:
            key = zones.mapped(application.zone)
            if key is None:
                continue
            zone = repositories.zones.find_or_create(key, clock.now())
        if not _is_elsewhere(application, instance):
            found.add(_reference(declaration, zone.index))
    return found


def _reference(declaration: Declaration, zone_index: int) -> Reference:
    application = declaration.application
    if application == EVERY_APPLICATION or application.service_instance:
        app_id = ""
    elif "!" in application.xsappname:
        app_id = application.xsappname
    else:
        letters = {plan.value: plan.letter for plan in Plan}
        # A plan that is not offered here finds nobody, as everywhere.
        letter = letters.get(application.plan, application.plan[:1])
        app_id = str(AppId(application.xsappname, letter, zone_index))
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
