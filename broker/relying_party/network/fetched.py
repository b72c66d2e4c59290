"""A cache of what providers publish, with refreshes off the request path (I-33)."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, TypeAlias, TypeVar

from broker.errors import LogonInvalid, ProviderUnavailable
from broker.relying_party.network.connection import Budget

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
Fetch: TypeAlias = "Callable[[Budget], tuple[T, int]]"
"""Returns a value and its size in bytes, within the time of the budget."""

USED_FOR: Final = 3600.0
REFRESHED_AFTER: Final = 1800.0
FAILED_FOR: Final = 5.0
_REFRESH_SECONDS = 10.0
_MAX_BYTES = 8 * 1024 * 1024


@dataclass(slots=True)
class _Entry(Generic[T]):
    value: T
    size: int
    fetched_at: float
    is_refreshing: bool = False


class FetchedCache(Generic[T]):
    """Keeps the values of URLs for an hour; the least recently used ones are evicted (D-51).

    A failure is kept for some seconds, so that logons do not repeat a request that just failed.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, max_bytes: int = _MAX_BYTES
    ) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[str, _Entry[T]] = OrderedDict()
        self._failures: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def get(self, url: str, fetch: Fetch[T], budget: Budget, max_age: float = USED_FOR) -> T:
        """Return the value of the URL; raise the errors of ``fetch``.

        ``budget`` is that of the request, ``max_age`` in seconds.
        """
        with self._lock:
            entry = self._entries.get(url)
            age = float("inf") if entry is None else self._clock() - entry.fetched_at
            if entry is not None and age < max_age:
                self._entries.move_to_end(url)
                is_due = age >= REFRESHED_AFTER and not entry.is_refreshing
                entry.is_refreshing |= is_due
            else:
                entry, is_due = None, False
                self._require_no_recent_failure(url)
        if entry is None:
            return self._fetched(url, fetch, budget)
        if is_due:
            threading.Thread(
                target=self._refresh, args=(url, fetch, budget.owner), daemon=True
            ).start()
        return entry.value

    def age(self, url: str) -> float:
        """Return the seconds since the value was fetched, infinite without one."""
        with self._lock:
            entry = self._entries.get(url)
            return float("inf") if entry is None else self._clock() - entry.fetched_at

    def _fetched(self, url: str, fetch: Fetch[T], budget: Budget) -> T:
        try:
            value, size = fetch(budget)
        except ProviderUnavailable as error:
            if not error.is_busy:
                self._failed(url, error.reason)
            raise
        with self._lock:
            self._entries.pop(url, None)
            self._failures.pop(url, None)
            self._entries[url] = _Entry(value, size, self._clock())
            while sum(each.size for each in self._entries.values()) > self._max_bytes:
                self._entries.popitem(last=False)
        return value

    def _refresh(self, url: str, fetch: Fetch[T], owner: str) -> None:
        try:
            self._fetched(url, fetch, Budget(_REFRESH_SECONDS, owner))
        except (ProviderUnavailable, LogonInvalid):
            with self._lock:
                entry = self._entries.get(url)
                if entry is not None:
                    entry.is_refreshing = False

    def _failed(self, url: str, reason: str) -> None:
        with self._lock:
            self._failures[url] = self._clock(), reason
            while len(self._failures) > 1000:  # noqa: PLR2004 - entries of some bytes
                self._failures.popitem(last=False)

    def _require_no_recent_failure(self, url: str) -> None:
        failed_at, reason = self._failures.get(url, (float("-inf"), ""))
        if self._clock() < failed_at + FAILED_FOR:
            raise ProviderUnavailable(f"failed shortly before: {reason}")
