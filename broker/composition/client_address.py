"""The composition of what finds the address of a request's client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from broker.oauth.clients.address import address_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from broker.settings.model import Settings

    ClientAddress = Callable[[Mapping[str, Any]], str]

_INVALID = "invalid_forwarded_address"


def client_address(settings: Settings, count_event: Callable[[str], None]) -> ClientAddress:
    """Return the function from a WSGI environment to the address; it counts invalid ones."""
    return partial(
        address_of,
        trusted_hops=settings.trusted_hops,
        invalid=partial(count_event, _INVALID),
    )
