"""The client certificate of the current request, from the source that the operator configured."""

from __future__ import annotations

import hmac
import ssl
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from broker.errors import AuthenticationFailed
from broker.pki.forwarded import HEADER, certificate_in
from broker.pki.presented import UnreadableCertificate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.pki.forwarded import ForwardedFormat, Network

_CERTIFICATE = f"HTTP_{HEADER.upper().replace('-', '_')}"
_PROXY_SECRET = "HTTP_X_PROXY_SECRET"  # noqa: S105 - a header's name

_CONNECTION = "broker.connection"
"""The client's socket; set by the only server that ignores ``X_…`` headers (D-33)."""


def certificate_of_connection(environ: Mapping[str, Any]) -> bytes | None:
    """Return the certificate of the TLS client as DER; None without one."""
    connection = environ.get(_CONNECTION)
    if not isinstance(connection, ssl.SSLSocket):
        return None
    return connection.getpeercert(binary_form=True)


@dataclass(frozen=True, slots=True, repr=False)
class ForwardedCertificate:
    """The certificate that a trusted proxy forwards in a header.

    At least one of ``networks`` and ``secret`` is set; the request must match each that is set.
    """

    header_format: ForwardedFormat
    networks: tuple[Network, ...]
    secret: str

    def __call__(self, environ: Mapping[str, Any]) -> bytes | None:
        """Return DER, None without a certificate; raise AuthenticationFailed if unreadable."""
        connection = environ.get(_CONNECTION)
        if isinstance(connection, ssl.SSLSocket):
            return certificate_of_connection(environ)
        value = environ.get(_CERTIFICATE)
        if connection is None or not value or not self._is_from_proxy(environ):
            return None
        try:
            return certificate_in(value, self.header_format)
        except UnreadableCertificate as error:
            raise AuthenticationFailed("unusable forwarded certificate") from error

    def _is_from_proxy(self, environ: Mapping[str, Any]) -> bool:
        secret = environ.get(_PROXY_SECRET, "")
        secret_matches = not self.secret or hmac.compare_digest(
            secret.encode("utf-8", "surrogateescape"), self.secret.encode()
        )
        return secret_matches and (
            not self.networks or self._is_in_networks(environ.get("REMOTE_ADDR", ""))
        )

    def _is_in_networks(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)
