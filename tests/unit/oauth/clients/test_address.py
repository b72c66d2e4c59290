"""The client address of a request, with and without trusted proxies."""

from __future__ import annotations

import pytest

from broker.oauth.clients.address import address_of

PEER = {"REMOTE_ADDR": "192.0.2.1"}


@pytest.mark.parametrize(
    ("forwarded", "hops", "address"),
    [
        ("203.0.113.9", 0, "192.0.2.1"),
        ("203.0.113.9", 1, "203.0.113.9"),
        ("forged, 203.0.113.9", 1, "203.0.113.9"),
        ("forged, 203.0.113.9, 198.51.100.7", 2, "203.0.113.9"),
        ("203.0.113.9", 2, "192.0.2.1"),
        ("", 1, "192.0.2.1"),
        ("203.0.113.9, ", 1, "192.0.2.1"),
        ("x" * 100, 1, "x" * 64),
    ],
)
def test_only_addresses_from_trusted_proxies_are_used(
    forwarded: str, hops: int, address: str
) -> None:
    assert address_of({**PEER, "HTTP_X_FORWARDED_FOR": forwarded}, hops) == address


@pytest.mark.parametrize("environ", [{}, {"REMOTE_ADDR": ""}, {"REMOTE_ADDR": None}])
def test_without_a_peer_it_is_unknown(environ: dict[str, str | None]) -> None:
    assert address_of(environ, 1) == "unknown"
