"""RSA keys for managed certificates: the common size from a pool, large keys sequentially.

Generating a key takes 0.1 seconds with 2048 bits, and ten seconds or more with 8192 bits.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from queue import SimpleQueue
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from broker.errors import Busy
from broker.runtime.deadline import seconds_left

POOLED_BITS: Final = 2048

_POOL_SIZE = 8
_PUBLIC_EXPONENT = 65_537

_Order = tuple[int, "Future[rsa.RSAPrivateKey]"]


class KeyMaker:
    """Generates private keys in a separate thread with the lowest scheduling priority."""

    def __init__(self, timeout: float) -> None:
        """``timeout``: seconds to wait for a large key if the request has no deadline."""
        self._timeout = timeout
        self._pool: deque[rsa.RSAPrivateKey] = deque()
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._started = False

    def key(self, bits: int) -> rsa.RSAPrivateKey:
        """Return a new key; raise Busy if a large key is not ready before the deadline."""
        self._start()
        if bits == POOLED_BITS:
            self._orders.put(None)
            with suppress(IndexError):
                return self._pool.popleft()
            return _generate(POOLED_BITS)
        # Sequentially, so that many large keys delay only each other.
        ordered: Future[rsa.RSAPrivateKey] = Future()
        self._orders.put((bits, ordered))
        try:
            return ordered.result(timeout=seconds_left(self._timeout))
        except FutureTimeoutError:
            ordered.cancel()
            raise Busy(
                f"Generating keys of {bits} bits takes long, and other requests are waiting; try"
                " again in a minute."
            ) from None

    def _start(self) -> None:
        # On first use: without managed certificates there is no thread. As a daemon, so that a key
        # being generated does not delay the end of the process.
        with self._starting:
            if not self._started:
                threading.Thread(target=self._work, name="key-maker", daemon=True).start()
                self._started = True

    def _work(self) -> None:
        if hasattr(os, "SCHED_IDLE"):
            # All other threads preempt it. On Linux the policy is per thread; on other systems
            # priorities are per process.
            with suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        while True:
            order = self._orders.get()
            if order is not None and order[1].set_running_or_notify_cancel():
                order[1].set_result(_generate(order[0]))
            while len(self._pool) < _POOL_SIZE and self._orders.empty():
                self._pool.append(_generate(POOLED_BITS))


def private_key_pem(key: rsa.RSAPrivateKey) -> str:
    """Return the key as PKCS#1 PEM, the only format that all SAP libraries read (D-18)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def _generate(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(_PUBLIC_EXPONENT, bits)
