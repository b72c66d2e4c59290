"""The client address of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.composition.client_address import client_address

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.settings.model import Settings


@pytest.mark.parametrize(
    ("hops", "forwarded", "address", "counted"),
    [
        ("0", "203.0.113.9", "192.0.2.1", []),
        ("1", "203.0.113.9", "203.0.113.9", []),
        ("1", "nonsense", "192.0.2.1", ["invalid_forwarded_address"]),
    ],
)
def test_it_follows_the_trusted_hops_and_counts_invalid_addresses(
    settings: Callable[..., Settings], hops: str, forwarded: str, address: str, counted: list[str]
) -> None:
    events: list[str] = []
    found = client_address(settings(XSUAA_TRUSTED_HOPS=hops), events.append)
    environ = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert found(environ) == address
    assert events == counted
