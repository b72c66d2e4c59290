"""The client certificate of the current request, from where the operator says it comes."""

from __future__ import annotations

import hmac
import ssl
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from flask import request

from broker.errors import AuthenticationFailed
from broker.pki.forwarded import HEADER, certificate_in
from broker.pki.presented import UnreadableCertificate

if TYPE_CHECKING:
    from broker.pki.forwarded import ForwardedFormat, Network

PROXY_SECRET_HEADER = "X-Proxy-Secret"  # noqa: S105 - a header's name

_SERVER = "gunicorn.socket"
"""In the environment of the one server that keeps ``X_…`` and ``X-…`` headers apart (D-33)."""


def certificate_of_connection() -> bytes | None:
    """Return the certificate, as DER, whose key the TLS client has; None without one."""
    connection = request.environ.get(_SERVER)
    if not isinstance(connection, ssl.SSLSocket):
        return None
    return connection.getpeercert(binary_form=True)


@dataclass(frozen=True, slots=True, repr=False)
class ForwardedCertificate:
    """The certificate that a proxy forwards in a header, if it is really the proxy who asks.

    Of ``networks`` and ``secret`` at least one is given; what is given has to hold.
    """

    written: ForwardedFormat
    networks: tuple[Network, ...]
    secret: str

    def __call__(self) -> bytes | None:
        """Return DER, None without a certificate; raise AuthenticationFailed for a broken one."""
        connection = request.environ.get(_SERVER)
        if isinstance(connection, ssl.SSLSocket):
            return certificate_of_connection()
        value = request.headers.get(HEADER)
        if connection is None or not value or not self._is_from_proxy():
            return None
        try:
            return certificate_in(value, self.written)
        except UnreadableCertificate as error:
            raise AuthenticationFailed("unusable forwarded certificate") from error

    def _is_from_proxy(self) -> bool:
        secret = request.headers.get(PROXY_SECRET_HEADER, "")
        known = not self.secret or hmac.compare_digest(
            secret.encode("utf-8", "surrogateescape"), self.secret.encode()
        )
        return known and (not self.networks or self._is_near(request.remote_addr or ""))

    def _is_near(self, peer: str) -> bool:
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)
