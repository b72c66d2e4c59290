"""What needs attention: credentials, clients, references and approvals, of a zone or of all zones.

The rules are those of the alerts and of ``credentials report``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

from broker.authorization.approvals import Application, WithApprovals
from broker.authorization.reference import Reference
from broker.credentials.readiness import CertificateLife, CredentialUse
from broker.identity.user import is_storable
from broker.lifecycle.overview.migration import RECENTLY
from broker.lifecycle.overview.read import LATELY

if TYPE_CHECKING:
    from broker.clock import Clock
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

T = TypeVar("T")


class CredentialFinding(StrEnum):
    """Why a credential needs attention."""

    EXPIRING = "expiring"
    """A certificate with less than a third of its lifetime left; expired ones for some days."""
    UNUSED = "unused"
    """An accepted credential that was not used for some time, if uses were counted for so long."""


@dataclass(frozen=True, slots=True)
class FindingPage:
    """Which findings to list.

    ``search``: part of the application id, or of the client id of failing clients, in lower case.
    ``by_name``: in the order of these ids, not of times: of expiry, last use or last attempt.
    """

    search: str = ""
    by_name: bool = False
    is_descending: bool = False
    offset: int = 0
    limit: int = 100
    is_counted: bool = False
    """Whether to count all of them, which takes as long as the page."""


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A page of findings; ``total`` is the number of all if they were counted.

    It is 0 for a page without findings.
    """

    rows: Sequence[T]
    total: int


@dataclass(frozen=True, slots=True)
class FoundCredential:
    """A credential of a service instance.

    ``zone`` is the subdomain; ``binding_id`` is None for the secret of the instance, ``life`` for
    credentials without an end.
    """

    instance_id: str
    app_id: str
    zone: str
    binding_id: str | None
    use: CredentialUse
    life: CertificateLife | None


@dataclass(frozen=True, slots=True)
class FailingClient:
    """Refused authentications of one client for one reason.

    ``client_id`` is as presented, and '' for several clients that were counted together. Without a
    client of this id, ``instance_id``, ``app_id`` and ``zone`` are None.
    """

    client_id: str
    reason: str
    attempts: int
    last_at: datetime
    instance_id: str | None
    app_id: str | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class UnresolvedReference:
    """A reference of a service instance to an application that does not exist."""

    instance_id: str
    app_id: str
    zone: str
    reference: Reference


@dataclass(frozen=True, slots=True)
class FoundCredentials:
    """Credentials by finding; ``counted_since`` is when the counting of uses began."""

    counted_since: datetime
    by_finding: Mapping[CredentialFinding, Found[FoundCredential]]


@dataclass(frozen=True, slots=True)
class Attention:
    """The first of all findings at the time ``at``."""

    at: datetime
    credentials: FoundCredentials
    failing: Found[FailingClient]
    references: Found[UnresolvedReference]
    approvals: Found[Application]


@dataclass(frozen=True, slots=True)
class Limits:
    """The times by which findings are decided.

    Certificates that expired before ``expired_after`` are no finding any more. Credentials that are
    older than ``unused_since``, and were not used since, are unused.
    """

    now: datetime
    expired_after: datetime
    unused_since: datetime

    @classmethod
    def at(cls, now: datetime) -> Limits:
        """Return the limits at this time."""
        return cls(now, now - RECENTLY, now - LATELY)


FAILING_FOR: Final = RECENTLY
"""How long refused authentications are findings."""


class Findings(Protocol):
    """Reads findings of a zone, of all zones with None; one statement each."""

    def credentials(
        self, zone: Zone | None, limits: Limits, pages: Mapping[CredentialFinding, FindingPage]
    ) -> FoundCredentials:
        """Return the credentials of each finding."""

    def failing(
        self, zone: Zone | None, since: datetime, page: FindingPage
    ) -> Found[FailingClient]:
        """Return the clients with refused attempts after that minute.

        Those of unknown client ids belong to no zone.
        """

    def references(self, zone: Zone | None, page: FindingPage) -> Found[UnresolvedReference]:
        """Return references to applications that do not exist, by application id."""


class WithFindings(Protocol):
    """A transaction that reads findings."""

    @property
    def findings(self) -> Findings:
        """The repository of findings."""


class AttentionStore(WithFindings, WithApprovals, Protocol):
    """The store of findings."""


@dataclass(frozen=True, slots=True)
class ReadAttention:
    """Reads what needs attention in a zone, in all zones with None."""

    transactions: Transactions[AttentionStore]
    clock: Clock

    def summary(self, zone: Zone | None, first: int) -> Attention:
        """Return how many findings exist, and the first ones of each kind, in four statements."""
        now, page = self.clock.now(), FindingPage(limit=first, is_counted=True)
        pages = dict.fromkeys(CredentialFinding, page)

        def read(store: AttentionStore) -> Attention:
            rows, total = store.approvals.pending(zone, limit=first)
            return Attention(
                now,
                store.findings.credentials(zone, Limits.at(now), pages),
                store.findings.failing(zone, now - FAILING_FOR, replace(page, is_descending=True)),
                store.findings.references(zone, page),
                Found(rows, total),
            )

        return self.transactions.read(read)

    def credentials(
        self, zone: Zone | None, finding: CredentialFinding, page: FindingPage
    ) -> FoundCredentials:
        """Return the page of credentials with this finding, in one statement."""
        limits = Limits.at(self.clock.now())
        page = _searchable(page)
        return self.transactions.read(
            lambda store: store.findings.credentials(zone, limits, {finding: page})
        )

    def failing(self, zone: Zone | None, page: FindingPage) -> Found[FailingClient]:
        """Return the page of failing clients, in one statement."""
        since, page = self.clock.now() - FAILING_FOR, _searchable(page)
        return self.transactions.read(lambda store: store.findings.failing(zone, since, page))

    def references(self, zone: Zone | None, page: FindingPage) -> Found[UnresolvedReference]:
        """Return the page of unresolved references, in one statement."""
        page = _searchable(page)
        return self.transactions.read(lambda store: store.findings.references(zone, page))


def _searchable(page: FindingPage) -> FindingPage:
    """Return a page without rows if no id can contain the text; databases refuse to look it up."""
    return page if is_storable(page.search) else replace(page, search="", limit=0)
