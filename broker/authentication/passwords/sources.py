"""The sources of logons: devices, networks and clients with an earlier logon of a user (D-41)."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Protocol

from broker.credentials.digest import DigestKeys, keyed_digest
from broker.ids import new_token_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.identity.password import Password
    from broker.identity.user import User
    from broker.identity.zone import Zone

KEPT = timedelta(days=90)
"""How long a source stays known after the last logon."""

RENEWED_AFTER = timedelta(days=1)
"""Sources are written at most once a day."""

MAX_SOURCES = 20
"""Sources of each kind and user; a new one replaces the oldest."""

_IPV4_BITS, _IPV6_BITS = 24, 56
_DEVICE = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")
_DEVICE_VERSION = "device v1"


class SourceKind(StrEnum):
    """The kind of a source."""

    DEVICE = "device"
    NETWORK = "network"
    CLIENT = "client"


@dataclass(frozen=True, slots=True)
class Source:
    """A source; ``lookups`` identify it in the database, the first one in new rows.

    There is one for each digest key, because keys are rotated.
    """

    kind: SourceKind
    lookups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about the sources of an attempt.

    ``kinds``: those with an earlier logon of the user; ``is_place_spared``: any user of the zone
    has logged on from the network or client; ``to_renew``: kinds whose rows are a day old or
    missing.
    """

    kinds: frozenset[str] = frozenset()
    is_place_spared: bool = False
    to_renew: frozenset[str] = frozenset()


class KnownSources(Protocol):
    """The stored sources, within a transaction."""

    def known(
        self, zone: Zone, user_row_id: int, sources: Sequence[Source], now: datetime
    ) -> Known:
        """Return what is known; for the row id 0, of no user, with the same work."""

    def remember(self, user: User, sources: Sequence[Source], now: datetime) -> None:
        """Store the sources for ``KEPT``, at most ``MAX_SOURCES`` of each kind."""


def network(keys: DigestKeys, address: str) -> Source:
    """Return the network of an address: /24 of IPv4, /56 of IPv6."""
    return _digested(keys, SourceKind.NETWORK, prefix_of(address))


def client(keys: DigestKeys, client_row_id: int) -> Source:
    """Return the client as a source."""
    return _digested(keys, SourceKind.CLIENT, str(client_row_id))


def device(keys: DigestKeys, text: str, user: User | None, password: Password | None) -> Source:
    """Return the device of a cookie value; an invalid one identifies no source.

    The value is bound to the user and the version of the password: neither another user nor an
    earlier password makes a device known.
    """
    match = _DEVICE.fullmatch(text)
    if match is None or user is None or password is None:
        return Source(SourceKind.DEVICE, ())
    number, tag = match.groups()
    tags = [_device_tag(key.secret, number, user, password) for key in keys.digest_keys()]
    is_bound = any(hmac.compare_digest(tag, each) for each in tags)
    return Source(SourceKind.DEVICE, (number,) if is_bound else ())


def new_device(keys: DigestKeys, user: User, password: Password) -> tuple[str, Source]:
    """Return the cookie value of a new device, and its source to remember."""
    number = new_token_id()
    tag = _device_tag(keys.token_key().secret, number, user, password)
    return f"{number}.{tag}", Source(SourceKind.DEVICE, (number,))


def device_cookie(
    keys: DigestKeys, presented: str, user: User, password: Password
) -> tuple[str, Source | None]:
    """Return the cookie value of the user's device after a logon.

    It is the presented one if that identifies a device of the user; otherwise it is new, and its
    source is returned to remember.
    """
    if device(keys, presented, user, password).lookups:
        return presented, None
    return new_device(keys, user, password)


def prefix_of(address: str) -> str:
    """Return the network of an address; a text that is no address is its own network."""
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        found = found.ipv4_mapped or found
    if isinstance(found, IPv6Address):
        return str(IPv6Network((int(found), _IPV6_BITS), strict=False))
    return str(IPv4Network((int(found), _IPV4_BITS), strict=False))


def _digested(keys: DigestKeys, kind: SourceKind, text: str) -> Source:
    lookups = [keyed_digest(key.secret, "source v1", kind, text) for key in keys.digest_keys()]
    return Source(kind, tuple(lookup.hex() for lookup in lookups))


def _device_tag(key: bytes, number: str, user: User, password: Password) -> str:
    return keyed_digest(key, _DEVICE_VERSION, number, user.user_id, str(password.version)).hex()
