"""Client certificates in the header of a proxy that terminates TLS (D-33)."""

from __future__ import annotations

import base64
import binascii
import re
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TYPE_CHECKING
from urllib.parse import unquote

from broker.pki.presented import MAX_DER_BYTES, UnreadableCertificate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Network = IPv4Network | IPv6Network

HEADER = "X-Forwarded-Client-Cert"

_MAX_CHARACTERS = MAX_DER_BYTES * 3
"""Characters of a header: base64 needs a third more than DER, escaped line breaks some more."""

_PEM = re.compile(
    r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*", re.ASCII
)
_ENVOY_PART = re.compile(r'([A-Za-z]+)=("(?:[^"\\]|\\.)*"|[^",;]*)(;|$)')


class ForwardedFormat(StrEnum):
    """The proxies whose header formats are supported."""

    GOROUTER = "gorouter"
    ENVOY = "envoy"
    NGINX = "nginx"


def networks(value: object) -> object:
    """Return the networks in a comma-separated text; raise ValueError for a prefix length of 0.

    Other values are returned unchanged, for validation by the caller.
    """
    if not isinstance(value, str):
        return value
    found = tuple(ip_network(part.strip()) for part in value.split(","))
    if any(network.prefixlen == 0 for network in found):
        raise ValueError("must name networks smaller than 0.0.0.0/0 and ::/0")
    return found


def certificate_in(value: str, format_: ForwardedFormat) -> bytes:
    """Return the certificate in a header value as DER; raise UnreadableCertificate.

    Several header values, which a server joins with commas, are refused.
    """
    if len(value) > _MAX_CHARACTERS:
        raise UnreadableCertificate(f"a header of {len(value)} characters")
    return _READERS[format_](value)


def _gorouter(value: str) -> bytes:
    """Read base64 of DER, without PEM armour and line breaks."""
    return _base64(value)


def _nginx(value: str) -> bytes:
    """Read URL-encoded PEM: ``$ssl_client_escaped_cert``."""
    if "," in value:
        raise UnreadableCertificate("several values")
    match = _PEM.fullmatch(unquote(value, errors="replace"))
    if match is None:
        raise UnreadableCertificate("no single PEM block")
    return _base64("".join(match.group(1).split()))


def _envoy(value: str) -> bytes:
    """Read one element of ``Key=value;…`` with URL-encoded PEM in ``Cert``."""
    found: list[str] = []
    position = 0
    while position < len(value):
        part = _ENVOY_PART.match(value, position)
        if part is None:
            # For example an unquoted comma, behind which the certificate of another hop follows.
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
        raise UnreadableCertificate("invalid base64") from None


_READERS: Mapping[ForwardedFormat, Callable[[str], bytes]] = {
    ForwardedFormat.GOROUTER: _gorouter,
    ForwardedFormat.ENVOY: _envoy,
    ForwardedFormat.NGINX: _nginx,
}
