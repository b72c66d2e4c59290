"""Throttling of guessed passwords: budgets of failures instead of locks (I-19, I-20, D-41).

Failures are counted before the password is checked, in a fixed number of counters: names that
attackers invent need no rows of their own. Names that share a counter share its delay.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from broker.credentials.digest import DigestKeys, keyed_digest
from broker.errors import TooManyFailures

COUNTERS = 65_536
"""Counters of each budget."""

_MAX_BACK_OFF = 15 * 60


@dataclass(frozen=True, slots=True)
class Counter:
    """Failures since the first one that is still counted."""

    failures: int
    first_failure_at: datetime
    last_failure_at: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """A number of free failures; ``delay`` is the time between tries beyond it, in seconds.

    ``delay`` receives the number of failures beyond the free ones. Without it, tries are refused
    until the counter ends. A counter ends ``kept`` after its last failure, without ``delay`` after
    its first one.
    """

    name: str
    free: int
    kept: timedelta
    delay: Callable[[int], float] | None = None

    def wait(self, counter: Counter | None, now: datetime) -> float:
        """Return the seconds until the next try; 0 if it is allowed now."""
        if counter is None or counter.failures < self.free:
            return 0.0
        if self.delay is None:
            until = counter.first_failure_at + self.kept
        else:
            delay = self.delay(counter.failures - self.free)
            until = counter.last_failure_at + timedelta(seconds=delay)
        return max(0.0, (until - now).total_seconds())

    def has_ended(self, counter: Counter, now: datetime) -> bool:
        """Return whether the counter is deleted before the next failure."""
        since = counter.first_failure_at if self.delay is None else counter.last_failure_at
        return since + self.kept <= now


def _back_off(failures: int) -> float:
    return min(2.0 ** (min(failures, 30) + 1), _MAX_BACK_OFF)


def _a_minute(_failures: int) -> float:
    return 60.0


NAME_AND_SOURCE = Budget("source", 5, timedelta(hours=1), _back_off)
"""(a): one name at one address or client."""

KNOWN_SOURCE = Budget("known", 5, timedelta(hours=1), _back_off)
"""(a) of a device or network with an earlier logon of the user."""

ADDRESS = Budget("address", 50, timedelta(minutes=10))
"""(b): all names at one address or client without an earlier logon of a user of the zone."""

NAME = Budget("name", 100, timedelta(days=7), _a_minute)
"""(c): consecutive failures of one name at all addresses."""

PASSCODE = Budget("passcode", 50, timedelta(minutes=10))
"""Passcodes at one client and address (I-105)."""

BUDGETS = (NAME_AND_SOURCE, KNOWN_SOURCE, ADDRESS, NAME, PASSCODE)


class Slot(NamedTuple):
    """The key of a counter: the budget's name and a number below ``COUNTERS``."""

    budget: str
    number: int


class Counters(Protocol):
    """The stored counters, within a transaction."""

    def locked(self, slots: Iterable[Slot]) -> Mapping[Slot, Counter]:
        """Return the counters that exist, locked until the commit."""

    def add(self, slots: Iterable[Slot], now: datetime) -> Mapping[Slot, int]:
        """Count a failure in each; return the numbers of failures."""

    def subtract(self, slots: Iterable[Slot]) -> None:
        """Take one failure back in each."""

    def delete(self, slots: Iterable[Slot]) -> None:
        """Forget all failures of each."""


class WithCounters(Protocol):
    """A transaction with counters."""

    @property
    def throttle_counters(self) -> Counters:
        """The repository of counters."""


@dataclass(frozen=True, slots=True)
class Charge:
    """A budget of an attempt, with the names that select the counter.

    ``is_enforced``: a budget beyond its limit refuses the attempt. ``is_counted``: a failure
    counts; otherwise the counter is only cleared by a success.
    """

    budget: Budget
    names: tuple[str, ...]
    is_enforced: bool = True
    is_counted: bool = True


@dataclass(frozen=True, slots=True)
class Counted:
    """The counters in which an attempt was counted as a failure, and others to clear."""

    slots: tuple[Slot, ...]
    others: tuple[Slot, ...] = ()

    def succeed(self, store: WithCounters) -> None:
        """Clear the counters of names; in those of addresses take the failure back."""
        windows = {budget.name for budget in BUDGETS if budget.delay is None}
        names = [slot for slot in (*self.slots, *self.others) if slot.budget not in windows]
        store.throttle_counters.delete(names)
        store.throttle_counters.subtract(slot for slot in self.slots if slot.budget in windows)

    def undo(self, store: WithCounters) -> None:
        """Take the failure back: the attempt was not checked."""
        store.throttle_counters.subtract(self.slots)


def count(
    store: WithCounters, keys: DigestKeys, charges: Sequence[Charge], now: datetime
) -> Counted:
    """Count the attempt as a failure in all budgets, or raise TooManyFailures and count nothing."""
    key = keys.token_key().secret
    slots = {_slot(key, charge): charge for charge in charges}
    found = store.throttle_counters.locked(slots)
    ended = [slot for slot in found if slots[slot].budget.has_ended(found[slot], now)]
    waits = [
        charge.budget.wait(found.get(slot), now)
        for slot, charge in slots.items()
        if charge.is_enforced and slot not in ended
    ]
    _require_no(waits)
    if ended:
        store.throttle_counters.delete(ended)
    counted = tuple(slot for slot, charge in slots.items() if charge.is_counted)
    added = store.throttle_counters.add(counted, now)
    # A counter that did not exist was not locked: concurrent attempts may have created it.
    _require_no(
        slots[slot].budget.wait(Counter(failures - 1, now, now), now)
        for slot, failures in added.items()
        if slots[slot].is_enforced and (slot not in found or slot in ended)
    )
    return Counted(counted, tuple(slot for slot in slots if slot not in counted))


def _require_no(waits: Iterable[float]) -> None:
    if longest := max(waits, default=0.0):
        raise TooManyFailures(math.ceil(longest))


def _slot(key: bytes, charge: Charge) -> Slot:
    name = charge.budget.name
    tag = keyed_digest(key, "throttle v1", name, *charge.names)
    return Slot(name, int.from_bytes(tag[:8]) % COUNTERS)
