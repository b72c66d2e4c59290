"""A client's certificate in the header of a proxy that terminated TLS (D-33)."""

from __future__ import annotations

import base64
import binascii
import re
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote

from broker.pki.presented import LARGEST, UnreadableCertificate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Network = IPv4Network | IPv6Network

HEADER = "X-Forwarded-Client-Cert"

_LONGEST = LARGEST * 3
"""Characters of a header: base64 takes a third more, escapes of line breaks some more."""

_PEM = re.compile(
    r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*", re.ASCII
)
_ENVOY_PART = re.compile(r'([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^",;]*)(;|$)')


class ForwardedFormat(StrEnum):
    """How a proxy writes the certificate."""

    GOROUTER = "gorouter"
    ENVOY = "envoy"
    NGINX = "nginx"


def networks(value: object) -> object:
    """Return the networks in a text, separated by commas; raise ValueError for everybody."""
    if not isinstance(value, str):
        return value
    found = tuple(ip_network(part.strip()) for part in value.split(","))
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("must name networks, not everybody")
    return found


def certificate_in(value: str, written: ForwardedFormat) -> bytes:
    """Return the one certificate in a header's value as DER; raise UnreadableCertificate.

    Several values, which a server joins by commas, are nobody's certificate.
    """
    if len(value) > _LONGEST:
        raise UnreadableCertificate(f"a header of {len(value)} characters")
    return _READERS[written](value)


def _gorouter(value: str) -> bytes:
    """Read bare base64 of DER, in one line."""
    return _base64(value)


def _nginx(value: str) -> bytes:
    """Read PEM with everything but letters and digits escaped: ``$ssl_client_escaped_cert``."""
    if "," in value:
        raise UnreadableCertificate("several values")
    match = _PEM.fullmatch(unquote(value, errors="replace"))
    if match is None:
        raise UnreadableCertificate("no single PEM block")
    return _base64("".join(match.group(1).split()))


def _envoy(value: str) -> bytes:
    """Read one element of ``Key=value;…``, with an escaped PEM in ``Cert``."""
    found: list[str] = []
    position = 0
    while position < len(value):
        part = _ENVOY_PART.match(value, position)
        if part is None:
            # A comma outside of quotes among others: the certificate of another hop follows.
            raise UnreadableCertificate("not one element")
        if part.group(1).lower() == "cert":
            found.append(part.group(2).strip('"'))
        position = part.end()
    if len(found) != 1:
        raise UnreadableCertificate(f"{len(found)} certificates")
    return _nginx(found[0])


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise UnreadableCertificate("no base64") from None


_READERS: Mapping[ForwardedFormat, Callable[[str], bytes]] = {
    ForwardedFormat.GOROUTER: _gorouter,
    ForwardedFormat.ENVOY: _envoy,
    ForwardedFormat.NGINX: _nginx,
}
