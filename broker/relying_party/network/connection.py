"""Connections to providers: checked addresses and one deadline for everything (I-34, TH-10)."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from urllib3.connection import HTTPConnection, HTTPSConnection

from broker.errors import ProviderUnavailable

if TYPE_CHECKING:
    from broker.relying_party.network.look_ups import LookUps
    from broker.relying_party.network.slots import RequestSlots
    from broker.relying_party.network.targets import TargetRules

_MAX_ADDRESSES = 4
TIMED_OUT = "the time is over"


class Budget:
    """The time that is left for the requests of one logon.

    ``owner``: its zone, which shares the limits of requests with others (TH-10); ``slots``: limits
    in addition to those of all requests.
    """

    def __init__(self, seconds: float, owner: str = "", slots: RequestSlots | None = None) -> None:
        self.owner = owner
        self.slots = slots
        self._ends_at = time.monotonic() + seconds

    def left(self, at_most: float) -> float:
        """Return the seconds left, at most ``at_most``; raise ProviderUnavailable without any."""
        left = min(at_most, self._ends_at - time.monotonic())
        if left <= 0:
            raise ProviderUnavailable(TIMED_OUT)
        return left


class Watch:
    """The connection of one request: made to an allowed address, shut down at the deadline.

    A timeout of the socket begins again with each byte. The deadline also ends a response, or a
    TLS handshake, that arrives one byte at a time.
    """

    def __init__(
        self, rules: TargetRules, seconds: float, look_ups: LookUps, owner: str = ""
    ) -> None:
        self._rules = rules
        self._look_ups = look_ups
        self._owner = owner
        self._ends_at = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True
        self.is_expired = False
        self.is_proxied = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a connected socket; raise ProviderUnavailable.

        The host name is resolved once and the connection is made to the checked address, so that
        another response of the DNS changes nothing. A proxy may have any address.
        """
        allowed = self._addresses(host, port)
        for family, address in allowed[:_MAX_ADDRESSES]:
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self._left())
                connection.connect((address, port))
                self._require_peer(connection)
                self._keep(connection)
            except OSError:
                connection.close()
                continue
            except BaseException:
                connection.close()
                raise
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        raise ProviderUnavailable("no connection")

    def _addresses(self, host: str, port: int) -> list[tuple[int, str]]:
        try:
            found = self._look_ups.of(host.strip("[]"), port, self._left(), self._owner)
        except FutureTimeout:
            raise ProviderUnavailable(TIMED_OUT) from None
        except (OSError, UnicodeError):
            raise ProviderUnavailable("the host name is unknown") from None
        if self.is_proxied:
            return list(found)
        allowed, refused = [], None
        for family, address in found:
            try:
                self._rules.require_address(address)
            except ProviderUnavailable as error:
                refused = error
            else:
                allowed.append((family, address))
        if refused is not None and not allowed:
            raise refused
        return allowed

    def _require_peer(self, connection: socket.socket) -> None:
        if not self.is_proxied:
            self._rules.require_address(str(connection.getpeername()[0]))

    def _keep(self, connection: socket.socket) -> None:
        """Keep a second descriptor: a TLS socket takes over the first one."""
        with self._lock:
            if self.is_expired:
                raise ProviderUnavailable(TIMED_OUT)
            if self._socket is not None:
                self._socket.close()
            self._socket = connection.dup()

    def _left(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise ProviderUnavailable(TIMED_OUT)
        return left

    def _expire(self) -> None:
        with self._lock:
            self.is_expired = True
            if self._socket is not None:
                with suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)


class _Watched:
    """A connection of urllib3 whose socket comes from its watch."""

    _dns_host: str
    port: int

    def __init__(self, *args: Any, watch: Watch, **more: Any) -> None:
        super().__init__(*args, **more)
        self._watch = watch

    def _new_conn(self) -> socket.socket:
        return self._watch.connect(self._dns_host, self.port)


class WatchedHttp(_Watched, HTTPConnection):
    """A plain connection, for providers on this machine in mode dev."""


class WatchedHttps(_Watched, HTTPSConnection):
    """A TLS connection; the server's certificate is verified for the host name."""
