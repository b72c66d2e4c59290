"""The approval of applications for administration scopes (D-57)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from broker.audit.event import Action, AuditEvent, Subject, SubjectKind
from broker.audit.ports import WithAudit
from broker.descriptor.paths import printable
from broker.errors import NotFound, StateConflict
from broker.identity.administered_zone import FindZone, ZoneStore, administered_zone
from broker.identity.user import is_storable
from broker.identity.zone import Zone
from broker.instances.plan import Plan
from broker.transactions import Locks

if TYPE_CHECKING:
    from broker.audit.actor import Actor
    from broker.clock import Clock
    from broker.identity.client import Client
    from broker.instances.model import Instance
    from broker.transactions import Transactions

_MAX_LISTED = 512


@dataclass(frozen=True, slots=True)
class Application:
    """An application with its requested and approved administration scopes.

    An instance of plan apiaccess requests all of them for its client, another application those in
    ``foreign-scope-references`` for its users.
    """

    client_row_id: int
    instance_id: str
    client_id: str
    app_id: str
    zone: str
    """The subdomain of its zone."""
    zone_guid: str
    plan: Plan
    requested: tuple[str, ...]
    approved: tuple[str, ...]
    approved_at: datetime | None
    approved_by: str | None

    @property
    def is_apiaccess(self) -> bool:
        """Whether its plan is apiaccess."""
        return self.plan is Plan.APIACCESS

    @property
    def missing(self) -> tuple[str, ...]:
        """The requested scopes that are not approved."""
        return tuple(scope for scope in self.requested if scope not in self.approved)


class ApprovalStore(Protocol):
    """Stores approvals."""

    def requested(self, zone_: Zone | None) -> Sequence[Application]:
        """Return the applications that request administration scopes, of all zones with None.

        Approved ones are included even if they request none any more.
        """

    def pending(
        self,
        zone_: Zone | None,
        search: str = "",
        *,
        is_descending: bool = False,
        offset: int = 0,
        limit: int,
    ) -> tuple[Sequence[Application], int]:
        """Return applications that wait for an approval, of all zones with None, and their number.

        In the order of their ids; ``search``: part of the id in lower case. The number is 0 for a
        page without applications. One statement.
        """

    def named(self, zone_: Zone, name: str) -> Sequence[Application]:
        """Return the zone's applications of this application, client or instance id or name."""

    def approve(self, application: Application, by: str, now: datetime) -> None:
        """Approve the requested administration scopes."""

    def revoke(self, application: Application) -> None:
        """Withdraw the approval."""

    def approve_all(self, now: datetime) -> int:
        """Approve all unapproved instances of plan apiaccess; return their number."""

    def restrict_unapproved(self) -> int:
        """Restrict the authorities of unapproved instances of plan apiaccess; return their number.

        An older version writes all of them.
        """


class WithApprovals(Protocol):
    """A transaction that accesses approvals."""

    @property
    def approvals(self) -> ApprovalStore:
        """The repository of approvals."""


class EndsTokens(Protocol):
    """Ends issued tokens."""

    def revoke_all(self, client: Client) -> None:
        """Revoke all tokens of the client."""


class FindsInstances(Protocol):
    """Finds service instances."""

    def find(self, instance_id: str) -> Instance | None:
        """Return the instance of any platform."""


class ApprovalTransaction(WithApprovals, WithAudit, ZoneStore, Locks, Protocol):
    """The store of an approval."""

    @property
    def issued_tokens(self) -> EndsTokens:
        """The repository of revoked tokens."""

    @property
    def instances(self) -> FindsInstances:
        """The repository of service instances."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """Approves applications, and revokes approvals.

    ``approves_apiaccess``: instances of plan apiaccess need no approval, as in mode dev.
    """

    transactions: Transactions[ApprovalTransaction]
    clock: Clock
    approves_apiaccess: bool = False
    find_zone: FindZone = administered_zone

    def all(self, zone: str | None = None) -> Sequence[Application]:
        """Return the applications that need or have an approval, of one zone or of all."""

        def read(store: ApprovalTransaction) -> Sequence[Application]:
            return store.approvals.requested(self.find_zone(store, zone) if zone else None)

        return self.transactions.read(read)

    def pending(
        self,
        zone: Zone | None,
        search: str = "",
        *,
        is_descending: bool = False,
        offset: int = 0,
        limit: int = 100,
    ) -> tuple[Sequence[Application], int]:
        """Return the applications that wait for an approval, and their number: see the store."""
        if not is_storable(search):
            return (), 0
        return self.transactions.read(
            lambda store: store.approvals.pending(
                zone, search, is_descending=is_descending, offset=offset, limit=limit
            )
        )

    def one(self, zone: str, name: str) -> Application:
        """Return the application, named as for ``approve``; raise NotFound, StateConflict."""
        return self.transactions.read(lambda store: _one(store, self.find_zone(store, zone), name))

    def approve(
        self, actor: Actor, zone: str, name: str, expected: Collection[str] | None = None
    ) -> Application:
        """Approve what the application requests now; return its new state.

        ``name``: application id, client id, service instance id or xsappname. ``expected``: the
        scopes that the caller looked at; another request is refused, because an update may have
        changed it since. What the application requests later needs another approval. Raises
        NotFound, StateConflict.
        """

        def work(store: ApprovalTransaction) -> Application:
            in_zone = self.find_zone(store, zone)
            before = _locked(store, in_zone, name)
            if expected is not None and {*expected} != {*before.requested}:
                raise StateConflict(
                    f"{before.app_id} requests {_listed(before.requested)}, not"
                    f" {_listed(sorted(expected))}: nothing was approved. The command applications"
                    " list shows what it requests now."
                )
            if not before.requested:
                raise StateConflict(
                    f"{before.app_id} requests no administration scopes: its xs-security.json must"
                    " list them in foreign-scope-references first."
                )
            if before.approved == before.requested:
                return before
            now = self.clock.now()
            store.approvals.approve(before, str(actor), now)
            details = {"scopes": before.requested, "previous_scopes": before.approved}
            event = _event(Action.APPROVE_APPLICATION, actor, before, now, details)
            store.audit.append(replace(event, zone_guid=in_zone.guid))
            return _one(store, in_zone, before.app_id)

        return self.transactions.run(work)

    def revoke(self, actor: Actor, zone: str, name: str) -> Application:
        """Withdraw the approval and end the application's tokens; return its new state.

        Raises NotFound, StateConflict.
        """

        def work(store: ApprovalTransaction) -> Application:
            in_zone = self.find_zone(store, zone)
            before = _locked(store, in_zone, name)
            if before.is_apiaccess and self.approves_apiaccess:
                raise StateConflict(
                    "This broker approves every service instance of plan apiaccess (mode dev or"
                    " XSUAA_APIACCESS=open); delete the service instance instead."
                )
            if before.approved_at is None:
                return before
            now = self.clock.now()
            store.approvals.revoke(before)
            if instance := store.instances.find(before.instance_id):
                store.issued_tokens.revoke_all(instance.client)
            details = {"previous_scopes": before.approved}
            event = _event(Action.REVOKE_APPROVAL, actor, before, now, details)
            store.audit.append(replace(event, zone_guid=in_zone.guid))
            return _one(store, in_zone, before.app_id)

        return self.transactions.run(work)


def _locked(store: ApprovalTransaction, zone: Zone, name: str) -> Application:
    # An update of the instance writes the authorities, too.
    store.lock(_one(store, zone, name).instance_id)
    return _one(store, zone, name)


def _one(store: ApprovalTransaction, zone: Zone, name: str) -> Application:
    found = store.approvals.named(zone, name)
    exact = [each for each in found if each.app_id == name] or found
    if not exact:
        raise NotFound(
            f"Zone {zone.subdomain} has no application {printable(name)}; the command applications"
            " list shows those that need an approval."
        )
    if len(exact) > 1:
        ids = ", ".join(each.app_id for each in exact)
        raise StateConflict(f"{name[:128]} names several applications: {ids}. Use one of the ids.")
    return exact[0]


def _listed(scopes: Sequence[str]) -> str:
    return printable(", ".join(scopes), _MAX_LISTED) if scopes else "no administration scopes"


def _event(
    action: Action,
    actor: Actor,
    application: Application,
    at: datetime,
    details: Mapping[str, object],
) -> AuditEvent:
    return AuditEvent(
        action,
        actor,
        Subject(SubjectKind.APPLICATION, application.app_id),
        at,
        {"plan": application.plan, **details},
        instance_id=application.instance_id,
    )
