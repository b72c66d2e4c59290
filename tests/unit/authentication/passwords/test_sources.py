"""Known devices, networks and clients (I-19, D-41)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from broker.authentication.passwords.sources import (
    SourceKind,
    client,
    device,
    network,
    new_device,
    prefix_of,
)
from broker.identity.password import Password
from tests.support.digest_keys import NEWEST, OLDEST, FixedDigestKeys
from tests.support.users import NOW, a_user

KEYS = FixedDigestKeys()
PASSWORD = Password("hash", 3, NOW)


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("::1", "::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", ""),
        ("x" * 100, "x" * 64),
    ],
)
def test_addresses_are_counted_by_network(address: str, prefix: str) -> None:
    assert prefix_of(address) == prefix


def test_networks_and_clients_are_stored_as_keyed_digests_of_every_key() -> None:
    found = network(KEYS, "192.0.2.1")
    assert found == network(KEYS, "192.0.2.200")
    assert found != network(KEYS, "192.0.3.1")
    assert len(found.lookups) == 2
    assert found.lookups[1:] == network(FixedDigestKeys((OLDEST,)), "192.0.2.1").lookups
    assert client(KEYS, 7) != client(KEYS, 8)
    assert all(len(lookup) == 64 for lookup in client(KEYS, 7).lookups)


def test_a_device_is_bound_to_user_and_password() -> None:
    user = a_user()
    text, source = new_device(KEYS, user, PASSWORD)
    assert device(KEYS, text, user, PASSWORD) == source
    older = new_device(FixedDigestKeys((OLDEST,)), user, PASSWORD)
    assert device(KEYS, older[0], user, PASSWORD) == older[1]
    none = device(KEYS, "", user, PASSWORD)
    assert (none.kind, none.lookups) == (SourceKind.DEVICE, ())
    for invalid in (
        device(KEYS, text, a_user(), PASSWORD),
        device(KEYS, text, user, replace(PASSWORD, version=4)),
        device(KEYS, text, user, None),
        device(KEYS, text, None, None),
        device(KEYS, text[:-1] + ("0" if text[-1] != "0" else "1"), user, PASSWORD),
        device(FixedDigestKeys((NEWEST,)), older[0], user, PASSWORD),
        device(KEYS, f"{text}\n", user, PASSWORD),
    ):
        assert invalid == none
