"""RSA keys for tests that do not test key generation."""

from __future__ import annotations

from functools import cache
from itertools import count

from cryptography.hazmat.primitives.asymmetric import rsa

from broker.pki.keys import KeyMaker

_STOCK = 16


class KeyStock(KeyMaker):
    """Hands out real keys of the requested length, each generated once in this process.

    The first sixteen keys of a stock differ. Nothing is generated in the background: that would
    take the cores from the tests after this one.
    """

    def __init__(self) -> None:
        """Start with the first key of the process."""
        super().__init__(timeout=0)
        self._numbers = count()

    def key(self, bits: int) -> rsa.RSAPrivateKey:
        """Return the next key."""
        return ready_key(bits, next(self._numbers) % _STOCK)


@cache
def ready_key(bits: int, number: int = 0) -> rsa.RSAPrivateKey:
    """Return a key that is the same in the whole process."""
    return rsa.generate_private_key(65_537, bits)
