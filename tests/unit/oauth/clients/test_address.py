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
        ("203.0.113.9:4711", 1, "203.0.113.9"),
        ("[2001:DB8::1]:4711", 1, "2001:db8::1"),
        ("2001:DB8::1", 1, "2001:db8::1"),
    ],
)
def test_only_addresses_from_trusted_proxies_are_used(
    forwarded: str, hops: int, address: str
) -> None:
    assert address_of({**PEER, "HTTP_X_FORWARDED_FOR": forwarded}, hops) == address


@pytest.mark.parametrize(
    "forwarded",
    ["x" * 100, "unknown", "203.0.113.9\xff", "203.0.113.9 203.0.113.8", "1" * 64, "[::1"],
)
def test_an_entry_that_is_no_address_counts_as_absent(forwarded: str) -> None:
    counted: list[None] = []
    environ = {**PEER, "HTTP_X_FORWARDED_FOR": f"198.51.100.7, {forwarded}"}
    assert address_of(environ, 1, lambda: counted.append(None)) == PEER["REMOTE_ADDR"]
    assert counted == [None]


def test_of_many_entries_only_the_last_ones_are_read() -> None:
    forwarded = "x," * 10_000 + "203.0.113.9"
    assert address_of({**PEER, "HTTP_X_FORWARDED_FOR": forwarded}, 1) == "203.0.113.9"


@pytest.mark.parametrize("environ", [{}, {"REMOTE_ADDR": ""}, {"REMOTE_ADDR": None}])
def test_without_a_peer_it_is_unknown(environ: dict[str, str | None]) -> None:
    assert address_of(environ, 1) == "unknown"
