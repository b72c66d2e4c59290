"""Overviews of service instances and their credentials, and previews of updates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from broker.credentials.readiness import is_recent, need_of
from broker.credentials.registry import is_shared
from broker.descriptor.model import CredentialType
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest
from broker.identity.administered_zone import administered_zone
from broker.identity.user import is_storable
from broker.instances.model import BindingSummary
from broker.instances.plan import Plan
from broker.lifecycle.issuing.instance_secret import INSTANCE_SECRET
from broker.lifecycle.overview.cut_off import accepted_again_among, cut_off_among
from broker.lifecycle.overview.model import BindingPage, Overview, Preview, TypeUse
from broker.lifecycle.ownership import visible_instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from broker.clock import Clock
    from broker.credentials.readiness import HeldBinding
    from broker.instances.model import Instance
    from broker.lifecycle.guard import UsageGuard
    from broker.lifecycle.overview.model import (
        HeldCredentials,
        InstancePage,
        ListedInstance,
        RecentUse,
    )
    from broker.lifecycle.overview.ports import OverviewStore
    from broker.transactions import Transactions

LATELY = timedelta(days=30)
"""Credentials used within this time count as in use."""

_FIRST = BindingPage()
_EVERYTHING = BindingPage(limit=2**31 - 1, days=0)
_MAX_TEXT = 200
_KNOWN = frozenset(map(str, CredentialType))


@dataclass(frozen=True, slots=True)
class ReadOverviews:
    """Reads service instances with their credentials, in a fixed number of statements.

    ``zone`` is the GUID of the zone whose instances are visible, None for all zones: instances of
    other zones are not found. ``relist_within``: how long a de-listed instance secret can return.
    """

    transactions: Transactions[OverviewStore]
    clock: Clock
    guard: UsageGuard
    relist_within: timedelta

    def instances(
        self, zone: str | None, page: InstancePage
    ) -> tuple[Sequence[ListedInstance], int]:
        """Return the page, and how many instances there are; raise NotFound, StateConflict."""

        def read(store: OverviewStore) -> tuple[Sequence[ListedInstance], int]:
            in_zone = None if zone is None else administered_zone(store, zone)
            return store.overviews.listed(in_zone, page)

        if not is_storable(page.search):
            return [], 0
        return self.transactions.read(read)

    def one(self, zone: str | None, instance_id: str, page: BindingPage = _FIRST) -> Overview:
        """Return the instance with its credentials; raise InstanceNotFound, StateConflict."""
        now = self.clock.now()

        def read(store: OverviewStore) -> Overview:
            instance = visible_instance(store, zone, instance_id)
            held = store.overviews.of(instance, page, now.date())
            return Overview(instance, now, held, list(_types(instance, held, now)))

        return self.transactions.read(read)

    def used_since(self, since: datetime, offset: int = 0, limit: int = 100) -> Sequence[RecentUse]:
        """Return the instances of all zones that got tokens since then, the latest first."""
        return self.transactions.read(
            lambda store: store.overviews.used_since(since, offset, limit)
        )

    def preview(self, zone: str | None, instance_id: str, types: Sequence[str]) -> Preview:
        """Return what an update of the instance to these credential types would change.

        Raises InstanceNotFound, StateConflict.
        """
        now = self.clock.now()

        def read(store: OverviewStore) -> Preview:
            instance = visible_instance(store, zone, instance_id)
            effective = _effective(instance, types)
            held = store.overviews.of(instance, _EVERYTHING, now.date())
            secret = held.secret
            end = secret.delisted_at if secret else None
            relists = secret is not None and (end is None or end > now - self.relist_within)
            bindings = [
                (BindingSummary(each.binding_id, each.type, each.app_guid), _used_at(held, each))
                for each in reversed(held.bindings)
            ]
            in_use = self.guard.types_in_use(store, instance, effective, now)
            loses_secret = INSTANCE_SECRET in instance.client.credential_types
            return Preview(
                instance,
                effective,
                cut_off_among(bindings, instance, effective),
                self.guard.refusal(store, instance, in_use) if in_use else "",
                secret if loses_secret and INSTANCE_SECRET not in effective else None,
                accepted_again_among(
                    (each for each, _ in bindings), instance, effective, relists_secret=relists
                ),
            )

        return self.transactions.read(read)


def _used_at(held: HeldCredentials, binding: HeldBinding) -> datetime | None:
    use = held.secret if is_shared(binding.type) else binding.use
    return use.used_at if use else None


def parsed_types(text: str) -> Sequence[CredentialType]:
    """Return the comma-separated credential types, the default first; raise InvalidRequest."""
    words = [each.strip() for each in text[: _MAX_TEXT + 1].split(",")]
    if len(text) <= _MAX_TEXT and set(words) <= _KNOWN:
        return [CredentialType(each) for each in dict.fromkeys(words)]
    raise InvalidRequest.at(
        "types", f'"{printable(text)}"', f"a comma-separated list of {', '.join(CredentialType)}"
    )


def _effective(instance: Instance, types: Sequence[str]) -> Sequence[str]:
    """Return the types that an update to ``types`` gives the instance; raise InvalidRequest."""
    if instance.plan is not Plan.APIACCESS:
        return types
    only = CredentialType.BINDING_SECRET
    if only not in types:
        raise InvalidRequest.at("types", f"no {only}", f"a list that contains {only}")
    return [only]


def _types(instance: Instance, held: HeldCredentials, now: datetime) -> Iterator[TypeUse]:
    """Yield the listed types, the default first, and then others that credentials have."""
    listed = instance.client.credential_types
    counts = {each.type: each for each in held.types}
    others = sorted(counts.keys() - set(listed))
    if held.secret is not None and INSTANCE_SECRET not in {*listed, *others}:
        others.append(INSTANCE_SECRET)
    for type_ in [*listed, *others]:
        count = counts.get(type_)
        last = count.last_used_at if count else None
        if is_shared(type_) and held.secret is not None:
            last = held.secret.used_at
        bindings = count.bindings if count else 0
        yield TypeUse(
            type_,
            type_ in listed,
            type_ == listed[0],
            bindings,
            last,
            need_of(
                in_use=is_recent(last, now, LATELY),
                held=bool(bindings),
                counted_long_enough=held.counted_since <= now - LATELY,
            ),
        )
