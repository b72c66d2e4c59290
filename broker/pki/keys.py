"""RSA keys for managed certificates: the common size from a pool, large keys sequentially.

Generating a key takes 0.1 seconds with 2048 bits, and ten seconds or more with 8192 bits.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from broker.errors import Busy
from broker.runtime.deadline import seconds_left
from broker.runtime.idle_worker import IdleWorker

POOLED_BITS: Final = 2048

_POOL_SIZE = 8
_PUBLIC_EXPONENT = 65_537


class KeyMaker:
    """Generates private keys with the lowest scheduling priority."""

    def __init__(self, timeout: float) -> None:
        """``timeout``: seconds to wait for a large key if the request has no deadline."""
        self._timeout = timeout
        self._pool: deque[rsa.RSAPrivateKey] = deque()
        self._worker = IdleWorker(self._fill_pool)

    def key(self, bits: int) -> rsa.RSAPrivateKey:
        """Return a new key; raise Busy if a large key is not ready before the deadline."""
        if bits == POOLED_BITS:
            self._worker.wake()
            with suppress(IndexError):
                return self._pool.popleft()
            return _generate(POOLED_BITS)
        # Sequentially, so that many large keys delay only each other.
        ordered = self._worker.submit(lambda: _generate(bits))
        try:
            return ordered.result(timeout=seconds_left(self._timeout))
        except FutureTimeoutError:
            ordered.cancel()
            raise Busy(
                f"Generating keys of {bits} bits takes long, and other requests are waiting; try"
                " again in a minute."
            ) from None

    def _fill_pool(self) -> bool:
        """Add a key if one is missing; return whether it was."""
        is_missing = len(self._pool) < _POOL_SIZE
        if is_missing:
            self._pool.append(_generate(POOLED_BITS))
        return is_missing


def private_key_pem(key: rsa.RSAPrivateKey) -> str:
    """Return the key as PKCS#1 PEM, the only format that all SAP libraries read (D-18)."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def _generate(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(_PUBLIC_EXPONENT, bits)
