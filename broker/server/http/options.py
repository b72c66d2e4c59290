"""The limits of a listener."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from broker.server.http.parsing import HttpRequest


@dataclass(frozen=True, slots=True)
class Options:
    """Limits of a listener; ``tls_context`` returns the context of a new connection, if any."""

    max_body_bytes: int
    request_seconds: float
    connections: int
    refuses_body: Callable[[HttpRequest], bool] = lambda _: False
    """Whether the application refuses a request for its headers, before the body was read."""
    tls_context: Callable[[], ssl.SSLContext] | None = None

    @property
    def scheme(self) -> str:
        """Return the scheme of its URLs."""
        return "http" if self.tls_context is None else "https"
