"""The descriptor that an update requests, parsed and compared before any lock is taken (D-51)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from broker.authorization.collections.declared import FORCE
from broker.authorization.declare import Declared
from broker.descriptor.apiaccess import parse_apiaccess
from broker.descriptor.changes import UNREADABLE, differences, forbidden_changes
from broker.descriptor.leniency import normalised, unwrapped
from broker.descriptor.parse import parse_with_notes
from broker.errors import ForbiddenChange, InvalidRequest, joined
from broker.instances.plan import Plan
from broker.lifecycle.guard import OVERRIDE
from broker.lifecycle.ownership import current_descriptor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.descriptor.changes import Change, Protections
    from broker.descriptor.model import Descriptor
    from broker.instances.model import Instance


DRY_RUN = "Dry run"
"""The beginning of every text about a dry run, also of a refusal."""

_CONFIGURATION = "oauth2-configuration"
_OVERRIDES = frozenset({OVERRIDE, FORCE})


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes to the descriptor in ``parameters``."""

    parameters: Mapping[str, Any]
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Requested:
    """A valid descriptor, notes on it, and its comparison with the current one."""

    declared: Declared
    notes: Sequence[str]
    comparison: Comparison

    def require_allowed(self, instance: Instance, declared: Protections) -> None:
        """Raise ForbiddenChange for changes to the instance that an update refuses.

        ``declared`` was stored with the instance: the stored descriptor may be one that only an
        older version accepted.
        """
        descriptor = self.declared.descriptor
        _refuse_immutable(instance, descriptor)
        if forbidden := list(forbidden_changes(declared, descriptor)):
            reasons = joined(forbidden)
            raise ForbiddenChange(
                f"Error updating application {instance.client.app_id} ({reasons}). Keep"
                " these parts as they are, or give them new names.",
                forbidden,
            )

    def changes(self, instance: Instance) -> Sequence[Change]:
        """Return the changes to the instance."""
        comparison = self.comparison
        if comparison.parameters != instance.parameters:
            # Another update was committed in the meantime.
            comparison = _compared(instance, self.declared.descriptor)
        return comparison.changes


def requested(parameters: Mapping[str, Any], instance: Instance) -> Requested | InvalidRequest:
    """Parse the parameters by the rules of the plan and compare them with the instance's.

    An error is returned, because those about the instance take precedence.
    """
    try:
        if instance.plan is Plan.APIACCESS:
            descriptor, notes = parse_apiaccess(parameters, instance.xsappname)
        else:
            descriptor, notes = parse_with_notes(parameters)
    except InvalidRequest as error:
        return error
    return Requested(Declared.of(descriptor), notes, _compared(instance, descriptor))


def plain_descriptor(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the descriptor within the parameters, or the parameters if it is malformed."""
    try:
        return normalised(parameters)[0]
    except InvalidRequest:
        return parameters


def with_credential_types(instance: Instance, types: Sequence[str]) -> dict[str, Any]:
    """Return the instance's descriptor with other credential types, the default first."""
    document = plain_descriptor(instance.parameters)
    configuration = document.get(_CONFIGURATION)
    kept = configuration if isinstance(configuration, Mapping) else {}
    changed = {**kept, "credential-types": list(types)}
    return {"xsappname": instance.xsappname, **document, _CONFIGURATION: changed}


def requests_dry_run(parameters: Mapping[str, Any]) -> bool:
    """Return whether the parameters request a dry run, also if they are invalid otherwise."""
    flag = plain_descriptor(parameters).get("dry-run")
    return flag is True or flag == "true"


def without_overrides(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters to store.

    Overrides are not stored, or they would apply when the parameters are sent back.
    """
    inner = unwrapped(parameters)
    kept = {key: given for key, given in inner.items() if key.strip() not in _OVERRIDES}
    return kept if inner is parameters else dict.fromkeys(parameters, kept)


def require_valid(found: Requested | InvalidRequest) -> Requested:
    """Return the requested descriptor; raise InvalidRequest if it is an error."""
    if isinstance(found, InvalidRequest):
        raise found
    return found


def _compared(instance: Instance, new: Descriptor) -> Comparison:
    if not instance.parameters:
        return Comparison(instance.parameters, [])
    old = current_descriptor(instance)
    changes = [UNREADABLE] if old is None else differences(old, new)
    return Comparison(instance.parameters, changes)


def _refuse_immutable(instance: Instance, descriptor: Descriptor) -> None:
    if descriptor.xsappname != instance.xsappname:
        new = replace(instance.app_id, xsappname=descriptor.xsappname)
        raise ForbiddenChange(
            f"Cannot change AppId with update. Old AppId: {instance.client.app_id} New AppId: {new}"
            ". Keep the xsappname, or create a new service instance."
        )
    if descriptor.tenant_mode is not instance.tenant_mode:
        raise ForbiddenChange(
            f"tenant-mode: cannot change from {instance.tenant_mode} to {descriptor.tenant_mode}"
            " with an update; keep it, or create a new service instance."
        )
