"""Completion of instances written by an older version, also during a rolling upgrade."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import DATABASE, Action, AuditEvent
from broker.audit.ports import WithAudit
from broker.authorization.approvals import WithApprovals
from broker.authorization.client_authorities import accepts_grants
from broker.authorization.declare import Declared, DeclareStore
from broker.authorization.declared_settings import back_filled_settings
from broker.authorization.grant_types import back_filled_grant_types, has_user_grants
from broker.descriptor.parse import readable_descriptor
from broker.lifecycle.ownership import current_descriptor
from broker.lifecycle.ports import WithInstances
from broker.transactions import Locks

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.authorization.declare import Declare
    from broker.clock import Clock
    from broker.transactions import Transactions

_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class Completed:
    """The numbers of completed instances."""

    declarations: int = 0
    grant_types: int = 0
    user_grants: int = 0
    """Those of ``grant_types`` that may use grants for users."""
    approvals: int = 0
    restricted: int = 0
    """Unapproved instances of plan apiaccess that had more scopes than uaa.resource."""
    settings: int = 0


class CompleteStore(Locks, WithInstances, WithApprovals, WithAudit, DeclareStore, Protocol):
    """The store of a completion."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Stores what an older version did not: declarations, grant types, approvals, settings."""

    transactions: Transactions[CompleteStore]
    declare: Declare
    clock: Clock
    approves_apiaccess: bool = False
    """Whether instances of plan apiaccess need no approval, as in mode dev (D-57)."""

    def __call__(self, actor: Actor) -> Completed:
        """Complete all incomplete instances; return their numbers."""
        declarations = self._declare_all()
        grant_types, user_grants = self._fill_grant_types()
        approvals, restricted = self._approve_or_restrict()
        # Last, because the steps before change clients.
        settings = self._write_settings()
        completed = Completed(
            declarations, grant_types, user_grants, approvals, restricted, settings
        )
        if completed.declarations:
            self._audit(actor, Action.COMPLETE_INSTANCES, instances=completed.declarations)
        if completed.grant_types:
            self._audit(
                actor,
                Action.FILL_GRANT_TYPES,
                instances=completed.grant_types,
                with_user_grants=completed.user_grants,
            )
        if completed.approvals:
            self._audit(actor, Action.APPROVE_INSTANCES, instances=completed.approvals)
        if completed.restricted:
            self._audit(actor, Action.RESTRICT_INSTANCES, instances=completed.restricted)
        return completed

    def _audit(self, actor: Actor, action: Action, **details: int) -> None:
        event = AuditEvent(action, actor, DATABASE, self.clock.now(), details)
        self.transactions.run(lambda store: store.audit.append(event))

    def _declare_all(self) -> int:
        """Store the declarations of each instance in its own transaction; return their number."""
        completed = 0
        while found := self.transactions.read(lambda store: store.instances.incomplete(_PAGE_SIZE)):
            for instance_id in found:
                self.transactions.run(lambda store, of=instance_id: self._declare(store, of))  # type: ignore[misc]
            completed += len(found)
        return completed

    def _fill_grant_types(self) -> tuple[int, int]:
        filled = with_users = 0
        while page := self.transactions.run(self._fill_page):
            filled += len(page)
            with_users += sum(map(has_user_grants, page))
        return filled, with_users

    def _approve_or_restrict(self) -> tuple[int, int]:
        now = self.clock.now()
        if self.approves_apiaccess:
            return self.transactions.run(lambda store: store.approvals.approve_all(now)), 0
        return 0, self.transactions.run(lambda store: store.approvals.restrict_unapproved())

    def _write_settings(self) -> int:
        written = 0
        while found := self.transactions.run(self._write_page):
            written += found
        return written

    @staticmethod
    def _write_page(repositories: CompleteStore) -> int:
        page = repositories.client_settings.outdated(_PAGE_SIZE)
        for each in page:
            settings = back_filled_settings(each.plan, each.parameters)
            repositories.client_settings.write(each.row_id, each.epoch, settings)
        return len(page)

    def _fill_page(self, repositories: CompleteStore) -> list[tuple[str, ...]]:
        grant_types = {
            each.row_id: back_filled_grant_types(each.plan, readable_descriptor(each.parameters))
            for each in repositories.instances.without_grant_types(_PAGE_SIZE)
        }
        if grant_types:
            repositories.instances.fill_grant_types(grant_types, self.clock.now())
        return list(grant_types.values())

    def _declare(self, repositories: CompleteStore, instance_id: str) -> None:
        repositories.lock(instance_id)
        instance = repositories.instances.find(instance_id)
        if instance is None:
            return
        descriptor = current_descriptor(instance)
        repositories.zones.grants_changed(instance.client.zone)
        if descriptor is not None:
            accepts = accepts_grants(descriptor)
            instance = replace(instance, client=replace(instance.client, accepts_grants=accepts))
        # An instance whose descriptor cannot be read keeps what is stored.
        repositories.instances.change(instance)
        if descriptor is not None:
            self.declare.store(repositories, instance, Declared.of(descriptor))
        self.declare.resolve(repositories, instance)
