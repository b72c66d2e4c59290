"""Store interface of the overviews."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from broker.identity.administered_zone import ZoneStore
from broker.identity.zone import Zone
from broker.instances.model import Instance
from broker.lifecycle.overview.cut_off import CutOffStore
from broker.lifecycle.overview.model import (
    BindingPage,
    HeldCredentials,
    InstancePage,
    ListedInstance,
    RecentUse,
)
from broker.lifecycle.ports import WithInstances


class Overviews(Protocol):
    """Reads credentials with their use, in a fixed number of statements."""

    def listed(self, zone: Zone | None, page: InstancePage) -> tuple[Sequence[ListedInstance], int]:
        """Return the page of a zone's instances, or of all, and how many there are."""

    def used_since(self, since: datetime, offset: int, limit: int) -> Sequence[RecentUse]:
        """Return the instances of all zones with a use since then, the latest first."""

    def of(self, instance: Instance, page: BindingPage, today: date) -> HeldCredentials:
        """Return the instance's credentials; at most two statements."""


class WithOverviews(Protocol):
    """A transaction that reads overviews."""

    @property
    def overviews(self) -> Overviews:
        """The repository of overviews."""


class OverviewStore(WithInstances, WithOverviews, CutOffStore, ZoneStore, Protocol):
    """The store of the overviews."""
