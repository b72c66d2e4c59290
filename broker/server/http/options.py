"""The limits of a listener."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Options:
    """Limits of a listener; ``tls_context`` returns the context of a new connection, if any."""

    max_body_bytes: int
    request_seconds: float
    connections: int
    tls_context: Callable[[], ssl.SSLContext] | None = None

    @property
    def scheme(self) -> str:
        """Return the scheme of its URLs."""
        return "http" if self.tls_context is None else "https"
