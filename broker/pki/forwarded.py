"""Client certificates in the header of a proxy that terminates TLS (D-33)."""

from __future__ import annotations

import base64
import binascii
import re
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from broker.pki.presented import MAX_DER_BYTES, UnreadableCertificate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Network = IPv4Network | IPv6Network

_N = TypeVar("_N", IPv4Network, IPv6Network)

_MAPPED = IPv6Network("::ffff:0:0/96")
_PUBLIC_IPV6 = IPv6Network("2000::/3")
_MAX_SHARE = 0.5

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
    """Return the networks in a comma-separated text.

    IPv4 networks in IPv6 form (``::ffff:10.0.0.0/104``) are returned as IPv4. Raises ValueError if
    the networks together contain half of all addresses, or half of the public IPv6 addresses.
    Other values are returned unchanged, for validation by the caller.
    """
    if not isinstance(value, str):
        return value
    found = tuple(_unmapped(ip_network(part.strip())) for part in value.split(","))
    ipv4 = [each for each in found if isinstance(each, IPv4Network)]
    ipv6 = [each for each in found if isinstance(each, IPv6Network)]
    shares = (
        _share(ipv4, IPv4Network("0.0.0.0/0")),
        _share(ipv6, IPv6Network("::/0")),
        _share(ipv6, _PUBLIC_IPV6),
    )
    if max(shares) >= _MAX_SHARE:
        raise ValueError(
            "must contain the proxies' addresses only; these networks add up to half of all"
            " addresses or more; for example: 10.0.0.0/8,fd00::/8"
        )
    return found


def _unmapped(network: Network) -> Network:
    if network.version == _MAPPED.version and _MAPPED.supernet_of(network):
        address = int(network.network_address) - int(_MAPPED.network_address)
        return IPv4Network((address, network.prefixlen - _MAPPED.prefixlen))
    return network


def _share(networks_: list[_N], whole: _N) -> float:
    """Return the part of the whole, 0 to 1, that is in any of the networks."""
    parts = [each if each.subnet_of(whole) else whole for each in networks_ if each.overlaps(whole)]
    size = sum(each.num_addresses for each in collapse_addresses(parts))
    return size / whole.num_addresses


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
