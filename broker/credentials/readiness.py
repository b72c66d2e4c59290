"""Which instances still need a credential type, and what its removal would break."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from broker.credentials.registry import is_shared


class Need(StrEnum):
    """Whether an instance still needs a credential type."""

    USED = "in use"
    HELD = "held, not used"
    UNKNOWN = "held, use unknown"
    FREE = "not needed"


class CredentialState(StrEnum):
    """Whether a credential is accepted now, and why not (D-02)."""

    ACCEPTED = "accepted"
    NOT_LISTED = "type not listed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not valid yet"
    MISSING = "no credential"


class CertificateLife(StrEnum):
    """The share of its lifetime that a certificate has left; alert rules name the values.

    The last third begins at ``renew_before`` of the binding.
    """

    EXPIRED = "expired"
    TENTH = "under a tenth"
    THIRD = "under a third"
    MORE = "a third and more"


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """How often a credential was accepted and refused on a day (UTC)."""

    day: date
    accepted: int
    refused: int


@dataclass(frozen=True, slots=True)
class CredentialUse:
    """One credential and its use since counting began.

    Of certificates: ``how`` states whether it is managed, pinned or renewed in place, and the
    validity follows. ``days`` are those with use, oldest first, if they were read.
    """

    type: str
    created_at: datetime
    last_used_at: datetime | None
    previous_used_at: datetime | None
    accepted: int
    refused: int
    previous_until: datetime | None = None
    delisted_at: datetime | None = None
    how: str = ""
    not_before: datetime | None = None
    expires_at: datetime | None = None
    days: Sequence[DayOfUse] = ()

    def state(self, listed: Collection[str], now: datetime) -> CredentialState:
        """Return whether it is accepted by an instance that lists these types."""
        if self.type not in listed:
            return CredentialState.NOT_LISTED
        if self.not_before is not None and now < self.not_before:
            return CredentialState.NOT_YET_VALID
        if self.expires_at is not None and self.expires_at <= now:
            return CredentialState.EXPIRED
        return CredentialState.ACCEPTED

    @property
    def current_used_at(self) -> datetime | None:
        """When it was last used since it was created or rotated."""
        at = self.last_used_at
        return at if at and at >= self.created_at else None

    @property
    def used_at(self) -> datetime | None:
        """When any of its generations was last used."""
        times = [time for time in (self.last_used_at, self.previous_used_at) if time]
        return max(times, default=None)


@dataclass(frozen=True, slots=True)
class HeldBinding:
    """A live binding; ``use`` is None if it has the shared instance secret."""

    binding_id: str
    type: str
    app_guid: str | None
    created_at: datetime
    use: CredentialUse | None


@dataclass(frozen=True, slots=True)
class Removal:
    """The effect of removing a type from an instance now."""

    type: str
    need: Need
    breaks: Sequence[str]
    """Bindings that would lose their credential, recently used ones first."""
    used_lately: Sequence[str]
    """Those recently used; all of them for a shared secret, whose use is not attributable."""
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class InstanceReadiness:
    """A service instance with all its credentials."""

    instance_id: str
    app_id: str
    platform: str
    types: Sequence[str]
    instance_secret: CredentialUse | None
    bindings: Sequence[HeldBinding]

    def removals(
        self, now: datetime, window: timedelta, counted_since: datetime
    ) -> Iterator[Removal]:
        """Yield the effect of removing each listed type; ``window`` defines recent use."""
        for type_ in self.types:
            holders = [binding for binding in self.bindings if binding.type == type_]
            last: datetime | None
            if is_shared(type_):
                last = self.instance_secret.used_at if self.instance_secret else None
                used = [b.binding_id for b in holders] if is_recent(last, now, window) else []
            else:
                uses = {b.binding_id: b.use.used_at if b.use else None for b in holders}
                used = [name for name, at in uses.items() if is_recent(at, now, window)]
                last = max((at for at in uses.values() if at), default=None)
            yield Removal(
                type=type_,
                need=need_of(
                    in_use=is_recent(last, now, window),
                    held=bool(holders),
                    counted_long_enough=counted_since <= now - window,
                ),
                breaks=sorted((b.binding_id for b in holders), key=lambda name: name not in used),
                used_lately=used,
                last_used_at=last,
            )


def is_recent(at: datetime | None, now: datetime, window: timedelta) -> bool:
    """Return whether a last use at this time counts as use."""
    return at is not None and at >= now - window


def need_of(*, in_use: bool, held: bool, counted_long_enough: bool) -> Need:
    """Return the need for a type; ``held``: whether bindings have it."""
    if in_use:
        return Need.USED
    if not held:
        return Need.FREE
    return Need.HELD if counted_long_enough else Need.UNKNOWN
