"""RSA keys for managed certificates: the common size from a pool, large ones one at a time.

A key takes a tenth of a second with 2048 bits and ten seconds or more with 8192.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
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
    """Makes private keys in a thread of its own, behind everything else the process does."""

    def __init__(self, patience: float) -> None:
        """``patience``: seconds to wait for a large key where no request sets a deadline."""
        self._patience = patience
        self._pool: deque[rsa.RSAPrivateKey] = deque()
        self._orders: SimpleQueue[_Order | None] = SimpleQueue()
        self._starting = threading.Lock()
        self._started = False

    def key(self, bits: int) -> rsa.RSAPrivateKey:
        """Return a key that nobody else gets; raise Busy if too many large ones are asked for."""
        self._start()
        if bits == POOLED_BITS:
            self._orders.put(None)
            with suppress(IndexError):
                return self._pool.popleft()
            return _generate(POOLED_BITS)
        # One at a time: whoever asks for many of them waits, and nobody else does.
        ordered: Future[rsa.RSAPrivateKey] = Future()
        self._orders.put((bits, ordered))
        try:
            return ordered.result(timeout=seconds_left(self._patience))
        except NotInTime:
            ordered.cancel()
            raise Busy(
                f"Keys of {bits} bits take long to make, and others are waiting for theirs; try"
                " again in a minute."
            ) from None

    def _start(self) -> None:
        # On the first use: who has no managed certificates pays nothing. A daemon, so that a key
        # in the making does not hold up the end of the process.
        with self._starting:
            if not self._started:
                threading.Thread(target=self._work, name="key-maker", daemon=True).start()
                self._started = True

    def _work(self) -> None:
        if hasattr(os, "SCHED_IDLE"):
            # Others interrupt it at once, whatever their own policy. On Linux that is a thread's;
            # elsewhere priorities are those of the whole process.
            with suppress(OSError):
                os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        while True:
            order = self._orders.get()
            if order is not None and order[1].set_running_or_notify_cancel():
                order[1].set_result(_generate(order[0]))
            while len(self._pool) < _POOL_SIZE and self._orders.empty():
                self._pool.append(_generate(POOLED_BITS))


def private_key_pem(key: rsa.RSAPrivateKey) -> str:
    """Return the key as PKCS#1 PEM, the only form that all of SAP's libraries read (D-18)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def _generate(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(_PUBLIC_EXPONENT, bits)
