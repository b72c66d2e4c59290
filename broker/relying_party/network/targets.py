"""Where the relying party may connect to: URLs, ports and addresses (I-33, I-34, D-46).

Administrators of zones choose the URLs of providers. The checks keep these from reaching services
inside the operator's network (server-side request forgery).
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

from broker.errors import ProviderUnavailable
from broker.redirects.uri import InvalidUri, parse_uri

if TYPE_CHECKING:
    Network = IPv4Network | IPv6Network

HTTPS_PORT: Final = 443
_HTTP_PORT = 80
_NAT64 = IPv6Network("64:ff9b::/96")
_COMPATIBLE = IPv6Network("::/96")
_PROTOCOLS = IPv4Network("192.0.0.0/24")
"""IETF protocol assignments (RFC 6890); Python regards a part of them as global."""

_CLOUD_SERVICES = frozenset({IPv4Address("168.63.129.16")})
"""Public addresses at which a cloud serves the machine itself: Azure's WireServer."""


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a URL to which a request may be sent; ``path`` includes the query."""

    scheme: str
    host: str
    port: int
    path: str
    is_proxied: bool


@dataclass(frozen=True, slots=True)
class TargetRules:
    """The operator's rules.

    ``networks``: addresses that are allowed although they are not public; ``ports``: in addition to
    443; ``proxied_hosts``: hosts that are requested through the proxy, ``.example.org`` stands for
    all below; ``allows_loopback``: this machine, by http and at any port, as in mode dev.
    """

    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset()
    proxied_hosts: tuple[str, ...] = ()
    allows_loopback: bool = False

    def target(self, url: str) -> Target:
        """Return the parts of the URL; raise ProviderUnavailable unless it may be requested."""
        try:
            uri = parse_uri(url)
        except InvalidUri as error:
            raise ProviderUnavailable(f"the URL has {error.found}") from None
        is_own_machine = self.allows_loopback and uri.is_local
        if uri.scheme != "https" and not is_own_machine:
            raise ProviderUnavailable("the URL has the scheme http")
        default = HTTPS_PORT if uri.scheme == "https" else _HTTP_PORT
        port = int(uri.port) if uri.port else default
        if port != HTTPS_PORT and port not in self.ports and not is_own_machine:
            raise ProviderUnavailable(f"port {port} is not in XSUAA_PROVIDER_PORTS")
        path = uri.path or "/"
        if uri.query is not None:
            path += f"?{uri.query}"
        return Target(uri.scheme, uri.host, port, path, self._is_proxied(uri.host))

    def require_address(self, text: str) -> None:
        """Raise ProviderUnavailable unless a provider may have the IP address."""
        try:
            address = ip_address(text)
        except ValueError:
            raise ProviderUnavailable("the address is no IP address") from None
        if not self._allows(address):
            raise ProviderUnavailable(f"the address {address} is not in XSUAA_PROVIDER_ADDRESSES")

    def _is_proxied(self, host: str) -> bool:
        return any(
            host.endswith(each) if each.startswith(".") else host == each
            for each in self.proxied_hosts
        )

    def _allows(self, address: IPv4Address | IPv6Address) -> bool:
        if isinstance(address, IPv6Address):
            if address.scope_id is not None:
                return False
            embedded = _embedded(address)
            if embedded is not None:
                return self._allows(embedded)
        if any(address in network for network in self.networks):
            return True
        if address.is_loopback:
            return self.allows_loopback
        return _is_public(address)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address):
        # A relay of 6to4 (RFC 7526) or Teredo can lead anywhere.
        is_relayed = address.sixtofour is not None or address.teredo is not None
        if is_relayed or address.is_site_local:
            return False
    is_special = address.is_multicast or address.is_reserved
    is_assigned = address in _PROTOCOLS or address in _CLOUD_SERVICES
    return address.is_global and not is_special and not is_assigned


def _embedded(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that a connection to this address reaches by translation."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    is_compatible = address in _COMPATIBLE and int(address) > 1
    if address in _NAT64 or is_compatible:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None
