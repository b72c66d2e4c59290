"""TLS contexts of the TLS listener: its own certificate, and the CAs of its clients."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING, Any

import structlog

from broker.errors import BrokerError
from broker.pki.server_certificate import load_pair, pair_of
from broker.runtime.watched_files import NoContents

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    _Parts = tuple[tuple[bytes, ...], str]
    """The contents of certificate and key, and the trusted CAs."""

_log = structlog.get_logger(__name__)

_NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME; the ssl module does not define it."""


class TlsContexts:
    """Provides the context of new connections; creates one when certificate or CAs change.

    A context creates its own keys for session tickets: after a change no session of a former
    context is resumed, so that each client is verified against the present CAs.
    """

    def __init__(self, certificate: Path, key: Path, trusted: Callable[[], str]) -> None:
        """``trusted`` returns the PEM certificates of all CAs that clients may use."""
        self._pair = pair_of(certificate, key)
        self._trusted = trusted
        self._rebuilding = threading.Lock()
        self._current: tuple[_Parts, ssl.SSLContext] | None = None
        self._unusable: _Parts | None = None
        self._is_trust_unknown = False

    def current(self) -> ssl.SSLContext:
        """Return the context for a new connection; raise OSError if there never was a usable one.

        While the trusted CAs cannot be read, the previous ones are used: the application checks
        the certificate of each request anyway.
        """
        trusted = self._present_cas()
        try:
            parts = self._pair.current(), trusted
        except NoContents as error:
            raise OSError("the TLS certificate cannot be used") from error
        with self._rebuilding:
            if self._current is None or parts not in (self._current[0], self._unusable):
                try:
                    certificate, key = parts[0]
                    self._current = parts, _context(certificate, key, trusted)
                except OSError as error:  # includes ssl.SSLError
                    _log.exception("TLS certificate or key cannot be used", exc_info=error)
                    self._unusable = parts  # logged once, not with every connection
                    if self._current is None:
                        raise
            return self._current[1]

    def _present_cas(self) -> str:
        try:
            trusted = self._trusted()
        except BrokerError as error:
            if not self._is_trust_unknown:  # once, not with every connection
                _log.warning("trusted CAs cannot be read", error=str(error))
            self._is_trust_unknown = True
            return self._current[0][1] if self._current else ""
        self._is_trust_unknown = False
        return trusted


def _context(certificate: bytes, key: bytes, trusted: str) -> ssl.SSLContext:
    """Return a context that requests a client certificate without requiring one (D-34)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_pair(context, certificate, key)
    if trusted:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=trusted)
        flags: Any = context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        # The application refuses expired certificates with an error that says so. The operator may
        # trust an intermediate CA without its root.
        context.verify_flags = flags
    return context
