"""The TLS listener's side of a handshake: its own certificate, and whose clients it listens to."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

import structlog

from broker.errors import BrokerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_log = structlog.get_logger(__name__)

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for."""

_PATIENCE_SECONDS = 10.0


class PatientSocket(ssl.SSLSocket):
    """A connection whose client may pause for so long; gunicorn would wait for ever."""

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the signature of socket
        """Wait, but not for ever."""
        self.settimeout(_PATIENCE_SECONDS if flag else 0.0)

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        """Read; a client that pauses too long has gone away."""
        try:
            return super().recv(buflen, flags)
        except TimeoutError:
            raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "the client pauses") from None


class TlsContexts:
    """The context for each new connection, made anew whenever whom we trust has changed."""

    def __init__(self, certificate: Path, key: Path, trusted: Callable[[], str]) -> None:
        """``trusted`` returns the PEM certificates of all authorities that clients may have."""
        self._files = (certificate, key)
        self._trusted = trusted
        self._rebuilding = threading.Lock()
        self._current: tuple[str, ssl.SSLContext] | None = None

    def current(self) -> ssl.SSLContext:
        """Return the context for a connection that begins now.

        While nobody can say whom we trust, those of before are trusted: the application decides
        about each request anyway.
        """
        try:
            trusted = self._trusted()
        except BrokerError as error:
            _log.warning("trusted authorities unknown", error=str(error))
            trusted = self._current[0] if self._current else ""
        with self._rebuilding:
            if self._current is None or self._current[0] != trusted:
                try:
                    self._current = trusted, _context(*self._files, trusted)
                except OSError as error:  # TLS errors are of this kind too
                    _log.exception("no TLS with these files", exc_info=error)
                    if self._current is None:
                        raise
            return self._current[1]


def _context(certificate: Path, key: Path, trusted: str) -> ssl.SSLContext:
    """Return a context that asks for a client certificate and does not demand one (D-34)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.sslsocket_class = PatientSocket
    if trusted:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=trusted)
        flags: Any = context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        # An expired certificate is for the application to refuse, with an answer that says so. The
        # operator may trust an intermediate authority alone.
        context.verify_flags = flags
    return context
