"""TLS contexts of the TLS listener: its own certificate, and the CAs of its clients."""

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
"""X509_V_FLAG_NO_CHECK_TIME; the ssl module does not define it."""


class TlsContexts:
    """Provides the context of new connections; creates a new one when the trusted CAs change."""

    def __init__(self, certificate: Path, key: Path, trusted: Callable[[], str]) -> None:
        """``trusted`` returns the PEM certificates of all CAs that clients may use."""
        self._files = (certificate, key)
        self._trusted = trusted
        self._rebuilding = threading.Lock()
        self._current: tuple[str, ssl.SSLContext] | None = None

    def current(self) -> ssl.SSLContext:
        """Return the context for a new connection.

        While the trusted CAs cannot be read, the previous ones are used: the application checks
        the certificate of each request anyway.
        """
        try:
            trusted = self._trusted()
        except BrokerError as error:
            _log.warning("trusted CAs cannot be read", error=str(error))
            trusted = self._current[0] if self._current else ""
        with self._rebuilding:
            if self._current is None or self._current[0] != trusted:
                try:
                    self._current = trusted, _context(*self._files, trusted)
                except OSError as error:  # includes ssl.SSLError
                    _log.exception("TLS certificate or key cannot be used", exc_info=error)
                    if self._current is None:
                        raise
            return self._current[1]


def _context(certificate: Path, key: Path, trusted: str) -> ssl.SSLContext:
    """Return a context that requests a client certificate without requiring one (D-34)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if trusted:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=trusted)
        flags: Any = context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        # The application refuses expired certificates with an error that says so. The operator may
        # trust an intermediate CA without its root.
        context.verify_flags = flags
    return context
