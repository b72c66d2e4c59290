"""TLS handshakes, in threads of their own: each takes milliseconds of CPU time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import structlog

from broker.server.http.admission import Phase
from broker.server.http.connection import KEEP_ALIVE_SECONDS, WOULD_BLOCK

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from broker.server.http.connection import Connection
    from broker.server.http.watching import Watch

SECONDS = 10.0
_THREADS = 4

_log = structlog.get_logger(__name__)


class Handshakes:
    """Continues handshakes whenever their clients have sent something."""

    def __init__(self, tls_context: Callable[[], ssl.SSLContext], watch: Watch) -> None:
        """``tls_context`` returns the context of a new connection; it may read the database."""
        self._tls_context = tls_context
        self._watch = watch
        self._threads = ThreadPoolExecutor(_THREADS, "tls-handshake")

    def advance(self, connection: Connection) -> None:
        """Continue a handshake; the connection belongs to its thread meanwhile."""
        connection.phase = Phase.SERVING
        self._threads.submit(self._advance, connection)

    def end(self) -> None:
        """Begin no further step."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _advance(self, connection: Connection) -> None:
        now = time.monotonic()
        try:
            if not connection.has_tls:
                connection.has_tls = True
                connection.sock = self._tls_context().wrap_socket(
                    connection.sock, server_side=True, do_handshake_on_connect=False
                )
            connection.sock.do_handshake()  # type: ignore[attr-defined]  # an SSLSocket
        except WOULD_BLOCK:
            connection.phase = Phase.HANDSHAKE
        except (OSError, ValueError) as error:  # includes ssl.SSLError
            _log.debug("TLS handshake failed", error=str(error))
            connection.enter(Phase.CLOSING, now, 0.0)
        except Exception as error:  # noqa: BLE001 - the connection must end
            _log.error("TLS handshake failed", exc_info=error)
            connection.enter(Phase.CLOSING, now, 0.0)
        else:
            connection.enter(Phase.IDLE, now, KEEP_ALIVE_SECONDS)
        self._watch.resume(connection)
