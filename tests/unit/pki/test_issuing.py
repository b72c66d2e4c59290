"""The CA that issues managed certificates, and its renewal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.errors import ConfigurationError
from broker.pki.authority import Authority, new_root, pem_of
from broker.pki.issuing import IssuingAuthorities, Role, StoredAuthority
from tests.support.instances import START

if TYPE_CHECKING:
    from datetime import datetime

DAY = timedelta(days=1)


@dataclass
class Store:
    """CAs of one transaction; records locks."""

    stored: list[StoredAuthority] = field(default_factory=list)
    added: list[StoredAuthority] = field(default_factory=list)
    locks: int = 0

    def lock(self) -> None:
        self.locks += 1

    def all(self) -> list[StoredAuthority]:
        return self.stored

    def add(self, authority: StoredAuthority) -> None:
        self.stored.append(authority)
        self.added.append(authority)

    def delete_key(self, authority: StoredAuthority) -> None:
        index = self.stored.index(authority)
        self.stored[index] = replace(authority, private_key=None)

    def roles(self) -> list[tuple[Role, bool]]:
        return [(each.role, each.private_key is not None) for each in self.stored]


OWN = IssuingAuthorities("Test")


def issuer(store: Store, now: datetime = START) -> str:
    return pem_of([OWN.issuing(store, now).certificate])


def test_the_first_call_creates_root_and_intermediate_for_later_ones() -> None:
    store = Store()
    first = issuer(store)
    assert store.roles() == [(Role.ROOT, True), (Role.INTERMEDIATE, True)]
    assert store.stored[1].certificate == first
    assert store.locks == 1
    assert issuer(store) == first
    assert (len(store.stored), store.locks) == (2, 1)
    authority = OWN.issuing(store, START)
    assert [each.subject for each in authority.above] == [store.stored[0].parsed.subject]


def test_an_authority_created_by_another_host_is_used() -> None:
    made = Store()
    theirs = issuer(made)

    class Late(Store):
        def lock(self) -> None:
            super().lock()
            self.stored = made.stored

    late = Late()
    assert issuer(late) == theirs
    assert late.added == []


def test_an_intermediate_is_renewed_before_it_ends_and_its_key_deleted() -> None:
    """No certificate outlives its issuer."""
    store = Store()
    first = issuer(store)
    ends = store.stored[1].parsed.not_valid_after_utc
    assert issuer(store, ends - timedelta(days=90) - DAY) == first
    second = issuer(store, ends - timedelta(days=90))
    assert second != first
    assert store.roles() == [
        (Role.ROOT, True),
        (Role.INTERMEDIATE, False),
        (Role.INTERMEDIATE, True),
    ]


def test_a_rotation_keeps_the_root_and_creates_an_intermediate() -> None:
    store = Store()
    first = issuer(store)
    rotated = OWN.rotate(store, START + DAY)
    assert store.locks == 2
    assert [role for role, _ in store.roles()].count(Role.ROOT) == 1
    assert issuer(store, START + DAY) == pem_of([rotated.certificate]) != first


def test_a_root_that_ends_is_replaced() -> None:
    store = Store()
    issuer(store)
    ends = store.stored[0].parsed.not_valid_after_utc
    OWN.rotate(store, ends - DAY)
    assert [role for role, _ in store.roles()].count(Role.ROOT) == 2


def supplied() -> Authority:
    return new_root("Operator", START).issue_intermediate(START)


def test_the_operator_s_authority_issues_and_is_recorded_once_without_its_key() -> None:
    authority = supplied()
    authorities, store = IssuingAuthorities("Test", lambda: authority), Store()
    for _ in range(2):
        assert authorities.issuing(store, START) is authorities.supplied is authority
    assert store.roles() == [(Role.SUPPLIED, False)] * len(store.stored)
    assert len({each.certificate for each in store.stored}) == len(store.stored) > 0


def test_the_operator_s_authority_is_not_rotated_and_must_not_have_expired() -> None:
    authority = supplied()
    authorities, store = IssuingAuthorities("Test", lambda: authority), Store()
    with pytest.raises(ConfigurationError):
        authorities.rotate(store, START)
    with pytest.raises(ConfigurationError):
        authorities.issuing(store, authority.certificate.not_valid_after_utc)
    assert store.stored == []


def test_a_stored_authority_is_named_by_its_certificate_and_prints_no_key() -> None:
    store = Store()
    issuer(store)
    root = store.stored[0]
    assert len(root.thumbprint) == 64
    assert root.private_key is not None
    assert repr(root.private_key) not in repr(root)
