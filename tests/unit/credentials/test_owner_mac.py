"""Codes of owners: each covered value changes them, and each has its own label (D-52)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from broker.credentials.owner_mac import (
    CredentialOwner,
    InstanceOwner,
    instance_mac,
    is_owned,
    owner_mac,
    previous_owner_mac,
)
from tests.support.digest_keys import FixedDigestKey
from tests.support.instances import START, an_instance, an_oauth_client

KEY = FixedDigestKey(1, b"k" * 32, is_owner_bound=True)
FORMER = FixedDigestKey(2, b"k" * 32)
CLIENT = an_oauth_client().identity
OWNER = CredentialOwner(5, "binding-secret", "guid", 6, 1, CLIENT)
DIGEST = bytes(32)


def changed(owner: Any) -> list[Any]:
    """Return the owner with each of its values changed."""
    values = {
        name: value + 1 if isinstance(value, int) else f"{value}x"
        for name, value in owner._asdict().items()
        if isinstance(value, int | str)
    }
    return [owner._replace(**{name: value}) for name, value in values.items()]


def test_each_value_of_a_credential_is_covered() -> None:
    owners = [OWNER, *changed(OWNER), OWNER._replace(binding_row_id=None)]
    owners += [OWNER._replace(client=each) for each in changed(CLIENT)]
    assert len(owners) == 1 + 5 + 1 + 8
    codes = {owner_mac(KEY.secret, each, DIGEST) for each in owners}
    codes |= {owner_mac(KEY.secret, OWNER, b"\x01" * 32), owner_mac(b"l" * 32, OWNER, DIGEST)}
    assert len(codes) == len(owners) + 2


def test_a_previous_digest_has_a_code_of_its_own() -> None:
    """It covers the end of the overlap, and no generation: a new one ends only tokens."""
    code = previous_owner_mac(KEY.secret, OWNER, DIGEST, START)
    later = START + timedelta(seconds=1)
    others = [
        owner_mac(KEY.secret, OWNER, DIGEST),
        previous_owner_mac(KEY.secret, OWNER, DIGEST, later),
        previous_owner_mac(KEY.secret, OWNER._replace(lookup="other"), DIGEST, START),
    ]
    assert code not in others
    newer = OWNER._replace(generation=2)
    assert previous_owner_mac(KEY.secret, newer, DIGEST, START) == code


def test_each_value_of_a_service_instance_is_covered() -> None:
    owner = an_instance().owner
    owners = [owner, *changed(owner), *(owner._replace(client=each) for each in changed(CLIENT))]
    assert len({instance_mac(KEY.secret, each) for each in owners}) == len(owners) == 1 + 3 + 8
    assert isinstance(owner, InstanceOwner)


@pytest.mark.parametrize(
    ("key", "stored", "accepted"),
    [
        (KEY, owner_mac(KEY.secret, OWNER, DIGEST), True),
        (KEY, bytes(32), False),
        (KEY, None, False),
        (FORMER, owner_mac(KEY.secret, OWNER, DIGEST), True),
        (FORMER, bytes(32), False),
        (FORMER, None, True),
    ],
)
def test_only_rows_of_former_keys_may_lack_the_code(
    key: FixedDigestKey, stored: bytes | None, *, accepted: bool
) -> None:
    assert is_owned(key, stored, owner_mac, OWNER, DIGEST) == accepted
