"""Look-ups of host names in threads of their own, bounded in number (TH-10)."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from broker.errors import ProviderUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence

Found: TypeAlias = "Sequence[tuple[int, str]]"
"""Address family and address of each entry."""

_LIMIT = 16


class Resolve(Protocol):
    """Looks up the addresses of a host."""

    def __call__(self, host: str, port: int) -> Found:
        """Return the addresses; raise OSError."""


def resolve(host: str, port: int) -> list[tuple[int, str]]:
    """Return address family and address of each entry of the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(int(family), str(address[0])) for family, _, _, _, address in found]


@dataclass(eq=False, slots=True)
class _LookUp:
    owner: str
    found: Future[Found]
    is_late: bool = False


class LookUps:
    """Runs one look-up per host at most, which concurrent requests share.

    The system's resolver has no timeout: a look-up may last longer than its requests, and is
    counted until it ends. An owner, a zone, holds at most as many as remain for others.
    """

    def __init__(self, look_up: Resolve = resolve, limit: int = _LIMIT) -> None:
        """``limit``: running look-ups, at least 1."""
        self._look_up = look_up
        self._limit = limit
        self._threads = ThreadPoolExecutor(limit, thread_name_prefix="provider-lookup")
        self._lock = threading.Lock()
        self._running: dict[str, _LookUp] = {}

    def of(self, host: str, port: int, seconds: float, owner: str) -> Found:
        """Return the addresses; raise OSError, TimeoutError and ProviderUnavailable.

        While a look-up that exceeded the time of a request still runs, further requests to its
        host fail at once.
        """
        look_up = self._shared(host, port, owner)
        try:
            return look_up.found.result(seconds)
        except FutureTimeout:
            look_up.is_late = True
            raise

    def _shared(self, host: str, port: int, owner: str) -> _LookUp:
        with self._lock:
            self._running = {
                name: each for name, each in self._running.items() if not each.found.done()
            }
            running = self._running.get(host)
            if running is None:
                self._require_place(owner)
                running = _LookUp(owner, self._threads.submit(self._look_up, host, port))
                self._running[host] = running
            elif running.is_late:
                raise ProviderUnavailable("the look-up of the host name does not end")
            return running

    def _require_place(self, owner: str) -> None:
        of_owner = sum(each.owner == owner for each in self._running.values())
        if of_owner >= self._limit - len(self._running):
            raise ProviderUnavailable("too many look-ups of host names", is_busy=True)
