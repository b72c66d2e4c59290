"""Update: a complete new descriptor replaces the current one (D-05)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action
from broker.audit.ports import WithAudit
from broker.authorization.client_authorities import accepts_grants, own_authorities
from broker.authorization.declare import DeclareStore
from broker.authorization.grant_types import resolved_grant_types
from broker.descriptor.changes import protections
from broker.descriptor.model import Descriptor
from broker.errors import ForbiddenChange, InvalidRequest
from broker.lifecycle.events import instance_event, refused_event
from broker.lifecycle.guard import UsageGuard
from broker.lifecycle.issuing.instance_secret import delist_instance_secret, relist_instance_secret
from broker.lifecycle.overview.cut_off import CutOff, cut_off
from broker.lifecycle.ownership import current_descriptor, other_service, owned_instance
from broker.lifecycle.ports import WithBindings, WithCredentials, WithInstances, WithUsage
from broker.lifecycle.requested import (
    DRY_RUN,
    Requested,
    plain_descriptor,
    requested,
    requests_dry_run,
    require_valid,
    without_overrides,
)
from broker.runtime.rate_window import RateWindow
from broker.transactions import Locks, Rehearses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.declare import Declare
    from broker.clock import Clock
    from broker.descriptor.changes import Change, Protections
    from broker.instances.model import Instance
    from broker.lifecycle.requests import UpdateRequest
    from broker.transactions import Transactions

_Parsed = tuple[int, Requested | InvalidRequest]
"""The row id of the instance by whose plan the parameters were parsed, and the result."""

_MAX_TYPES = 10
_MAX_REFUSALS = 10
"""Refused updates per instance and minute that this process audits; the request log has all."""

KEPT_TYPES = (
    "The descriptor does not set oauth2-configuration.credential-types; the instance keeps {types}."
)


class UpdateStore(
    Locks,
    Rehearses,
    WithInstances,
    WithBindings,
    WithCredentials,
    WithUsage,
    WithAudit,
    DeclareStore,
    Protocol,
):
    """The store of an update."""


@dataclass(frozen=True, slots=True)
class Updated:
    """The effects of an update, or of a dry run, which is rolled back."""

    was_dry_run: bool
    notes: Sequence[str] = ()
    changes: Sequence[Change] = ()
    cut_off: Sequence[CutOff] = ()
    guarded: str = ""
    """Why the removal guard would refuse the update; only in a dry run."""

    def sentences(self) -> list[str]:
        """Return the sentences for the user; a dry run also lists the differences."""
        cut_off = [f"{binding}." for binding in self.cut_off]
        if not self.was_dry_run:
            return [*self.notes, *cut_off]
        changes = [f"{change}." for change in self.changes] or ["No differences."]
        guarded = [f"The update would be refused. {self.guarded}"] if self.guarded else []
        return [f"{DRY_RUN}: nothing was changed.", *guarded, *self.notes, *changes, *cut_off]


@dataclass(frozen=True, slots=True)
class Update:
    """Changes service instances."""

    transactions: Transactions[UpdateStore]
    clock: Clock
    declare: Declare
    relist_within: timedelta
    guard: UsageGuard
    refusals: RateWindow = field(default_factory=lambda: RateWindow(_MAX_REFUSALS))

    def __call__(self, request: UpdateRequest) -> Updated:
        """Apply the update atomically, or as a dry run.

        Raises InstanceNotFound, InvalidRequest, ForbiddenChange.
        """
        try:
            parsed = self._parsed(request)
            return self.transactions.run(lambda store: self._in_transaction(store, request, parsed))
        except (InvalidRequest, ForbiddenChange) as error:
            if request.dry_run or requests_dry_run(request.parameters):
                error.add_prefix(DRY_RUN)
            else:
                reason = str(error)
                self.transactions.run(lambda store: self._refused(store, request, reason))
            raise

    def _parsed(self, request: UpdateRequest) -> _Parsed | None:
        if not request.parameters:
            return None
        before = self.transactions.read(lambda store: store.instances.find(request.instance_id))
        if before is None:
            return None
        return before.row_id, requested(request.parameters, before)

    def _refused(self, repositories: UpdateStore, request: UpdateRequest, reason: str) -> None:
        """Audit a sample of refusals, in a transaction of its own: the update is rolled back."""
        instance = repositories.instances.find(request.instance_id)
        if instance is None or instance.platform != request.caller.platform:
            return
        if not self.refusals.count(instance.row_id):
            repositories.audit.append(
                refused_event(
                    Action.UPDATE,
                    request.caller,
                    instance,
                    self.clock.now(),
                    reason,
                    credential_types=_requested_types(request),
                    previous_credential_types=instance.client.credential_types,
                )
            )

    def _in_transaction(
        self,
        repositories: UpdateStore,
        request: UpdateRequest,
        parsed: _Parsed | None,
    ) -> Updated:
        repositories.lock(request.instance_id)
        before = owned_instance(repositories, request.caller, request.instance_id)
        _refuse_other_plan(before, request)
        instance, now = before, self.clock.now()
        if request.context:
            instance = replace(instance, context={**instance.context, **request.context})
        updated = Updated(was_dry_run=request.dry_run)
        declared, in_use = None, dict[str, list[str]]()
        if request.parameters:
            if parsed is None or parsed[0] != before.row_id:
                # The instance was created in the meantime.
                parsed = before.row_id, requested(request.parameters, before)
            valid = require_valid(parsed[1])
            valid.require_allowed(before, self._protections(repositories, before))
            declared, notes = valid.declared, list(valid.notes)
            descriptor, changes = declared.descriptor, valid.changes(before)
            instance = self._changed(instance, request, descriptor)
            types = instance.client.credential_types
            if descriptor.credential_types is None:
                notes.append(KEPT_TYPES.format(types=", ".join(types)))
            in_use = self.guard.types_in_use(repositories, before, types, now)
            is_dry_run, guarded = request.dry_run or descriptor.dry_run, ""
            if in_use and not descriptor.ignore_credential_usage:
                guarded = self.guard.refusal(repositories, before, in_use)
                if not is_dry_run:
                    raise ForbiddenChange(f"{guarded} Nothing was changed.")
            lost = cut_off(repositories, before, types)
            updated = Updated(
                was_dry_run=is_dry_run, notes=notes, changes=changes, cut_off=lost, guarded=guarded
            )
            self._update_instance_secret(repositories, before, instance)
        if updated.was_dry_run:
            repositories.rehearse()
        # Also locks the zone: targets of references do not change until the commit.
        repositories.zones.grants_changed(instance.client.zone)
        repositories.instances.change(
            replace(instance, updated_at=now),
            is_declared=declared is not None,
            with_grant_types=declared is not None,
        )
        effects = self.declare(repositories, instance, declared)
        updated = replace(updated, notes=[*updated.notes, *effects.notes])
        details: dict[str, object] = {
            "credential_types": instance.client.credential_types,
            "previous_credential_types": before.client.credential_types,
            "bindings_cut_off": len(updated.cut_off),
        }
        if in_use:
            details["guard_overridden"] = sorted(in_use)
        details |= effects.dropped.details()
        repositories.audit.append(
            instance_event(Action.UPDATE, request.caller, instance, now, **details)
        )
        return updated

    @staticmethod
    def _protections(repositories: UpdateStore, instance: Instance) -> Protections:
        """Return what restricts the update: the declarations as stored, not the descriptor."""
        if not repositories.instances.is_complete(instance):
            # An older version stored no declarations, and this server has not completed them yet.
            descriptor = current_descriptor(instance)
            if descriptor is not None:
                return protections(descriptor)
        return repositories.roles.protections(instance.client)

    def _changed(
        self, instance: Instance, request: UpdateRequest, descriptor: Descriptor
    ) -> Instance:
        client = instance.client
        return replace(
            instance,
            parameters=without_overrides(request.parameters),
            client=replace(
                client,
                credential_types=descriptor.credential_types or client.credential_types,
                authorities=own_authorities(
                    instance.plan, instance.app_id, descriptor, is_approved=instance.is_approved
                ),
                grant_types=resolved_grant_types(instance.plan, descriptor),
                token_validity=descriptor.token_validity,
                accepts_grants=accepts_grants(descriptor),
                epoch=client.epoch + 1,
            ),
        )

    def _update_instance_secret(
        self, repositories: UpdateStore, before: Instance, after: Instance
    ) -> None:
        """De-list or re-list the instance secret; replace one de-listed too long ago (D-02)."""
        credentials, now = repositories.credentials, self.clock.now()
        client, types = before.client, after.client.credential_types
        delist_instance_secret(credentials, client, types, now)
        relist_instance_secret(credentials, before, types, now, self.relist_within)


def _refuse_other_plan(instance: Instance, request: UpdateRequest) -> None:
    if request.service_id != instance.service_id:
        raise other_service()
    if request.plan_id is not None and request.plan_id != instance.plan_id:
        raise ForbiddenChange(
            "The plan of a service instance cannot be changed; the plan of this one is"
            f" {instance.plan}. Create a new service instance with the other plan."
        )


def _requested_types(request: UpdateRequest) -> list[str] | None:
    """Return the types that the refused descriptor lists, "?" for values of another form."""
    configuration = plain_descriptor(request.parameters).get("oauth2-configuration")
    types = configuration.get("credential-types") if isinstance(configuration, Mapping) else None
    if not isinstance(types, list):
        return None
    return [each if _is_type(each) else "?" for each in types[:_MAX_TYPES]]


def _is_type(value: object) -> bool:
    # Any other value could be a secret, pasted by mistake.
    return isinstance(value, str) and re.fullmatch(r"[a-z0-9\-]{1,32}", value) is not None
