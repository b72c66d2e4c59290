"""The user behind a logon at an identity provider (D-38)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from broker.audit.search import AuditFilter
from broker.errors import GrantRefused
from broker.identity.logon import (
    NAME_IN_USE,
    UNKNOWN_USER,
    LogonAtProvider,
    ProviderIdentity,
    ProviderPolicy,
    Stated,
)
from broker.identity.user import LOCAL_ORIGIN
from broker.store.identity.users import StoredUsers, UserTable
from broker.store.reports.audit_trail import audit_events
from tests.support.users import NOW, WithAssignments, stored_provider, stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

CORP = ProviderPolicy("corp")
TRUSTED = ProviderPolicy("corp", has_trusted_names=True)
ANNA = ProviderIdentity("sub-a", "anna", "anna@example.org", given_name="Anna")
BERTA = ProviderIdentity("sub-b", "berta", "berta@example.org")


class Provider:
    """Logons of users of one zone."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.zone: Zone = domain.provision("i").instance.client.zone
        for origin in ("corp", "partner"):
            stored_provider(domain, self.zone, origin)
        self.transactions = WithAssignments(domain)
        self.logon = LogonAtProvider(self.transactions, domain.clock)

    def __call__(self, identity: ProviderIdentity, policy: ProviderPolicy = CORP) -> User:
        user = self.logon(self.zone, policy, identity)
        assert StoredUsers(self.domain.engine).find(user.user_id) == user
        return user

    def refusal(self, identity: ProviderIdentity, policy: ProviderPolicy = CORP) -> str:
        with pytest.raises(GrantRefused) as refused:
            self(identity, policy)
        assert (refused.value.code, refused.value.is_unauthorized) == ("access_denied", True)
        return str(refused.value)


@pytest.fixture
def provider(on_sqlite: Domain) -> Provider:
    return Provider(on_sqlite)


@pytest.mark.parametrize("policy", [CORP, TRUSTED], ids=["own names", "trusted names"])
def test_another_user_s_address_and_name_reach_no_row_of_it(
    provider: Provider, policy: ProviderPolicy
) -> None:
    """TH-09, I-04: user B takes the e-mail address of user A, and then its name."""
    anna, berta = provider(ANNA, policy), provider(BERTA, policy)
    assert anna.user_id != berta.user_id
    with_address = provider(replace(BERTA, email=ANNA.email), policy)
    assert (with_address.user_id, with_address.name) == (berta.user_id, "berta")
    with_name = provider(replace(BERTA, email=ANNA.email, name="ANNA"), policy)
    assert (with_name.user_id, with_name.name) == (berta.user_id, "berta")
    assert provider.refusal(ProviderIdentity("sub-c", "Anna"), policy) == NAME_IN_USE
    again = provider(ANNA, policy)
    assert (again.user_id, again.external_id) == (anna.user_id, "sub-a")


def test_nothing_matches_across_origins(provider: Provider) -> None:
    """I-05: the same sub, name and address at another provider and in the local store."""
    local = stored_user(provider.domain, provider.zone, email=ANNA.email)
    anna = provider(ANNA, TRUSTED)
    other = provider(ANNA, replace(TRUSTED, origin="partner"))
    assert len({local.user_id, anna.user_id, other.user_id}) == 3


def test_a_prepared_user_is_found_by_a_trusted_name_once(provider: Provider) -> None:
    """I-04."""
    prepared = stored_user(provider.domain, provider.zone, "Anna", origin="corp")
    assert provider.refusal(ANNA) == NAME_IN_USE
    found = provider(ANNA, TRUSTED)
    assert (found.user_id, found.external_id) == (prepared.user_id, "sub-a")
    assert found.name == "anna"
    assert provider.refusal(ProviderIdentity("sub-b", "anna"), TRUSTED) == NAME_IN_USE
    [event] = audit_events(provider.domain.engine, AuditFilter(action="update-user"), 10)
    assert event.details["changed"]["external_id"] == "sub-a"
    assert event.actor.id == prepared.user_id


def test_a_prepared_user_with_a_sub_is_found_by_it(provider: Provider) -> None:
    prepared = stored_user(
        provider.domain, provider.zone, "unknown", origin="corp", external_id="sub-a"
    )
    assert provider(ANNA).user_id == prepared.user_id


def test_a_holder_of_a_built_in_role_is_not_found_by_name(provider: Provider) -> None:
    """D-38."""
    prepared = stored_user(provider.domain, provider.zone, "anna", origin="corp")
    provider.transactions.assignments.built_in.add(prepared.user_id)
    assert provider.refusal(ANNA, TRUSTED) == NAME_IN_USE


def test_a_local_user_is_never_adopted(provider: Provider) -> None:
    """D-38: also if the local store's origin is pointed at a provider (D-46)."""
    stored_user(provider.domain, provider.zone)
    policy = replace(TRUSTED, origin=LOCAL_ORIGIN)
    assert provider.refusal(ANNA, policy) == NAME_IN_USE


def test_a_provider_may_create_no_users(provider: Provider) -> None:
    """I-44."""
    policy = replace(TRUSTED, creates_users=False)
    assert provider.refusal(ANNA, policy) == UNKNOWN_USER
    prepared = stored_user(provider.domain, provider.zone, origin="corp")
    assert provider(ANNA, policy).user_id == prepared.user_id


def test_the_snapshot_is_replaced_at_each_logon(provider: Provider) -> None:
    """I-08, I-143: changed groups invalidate cached rights."""
    first = provider(replace(ANNA, groups=("a", "b"), attributes={"Country": ("DE",)}))
    assert (first.last_logon_at, first.previous_logon_at) == (NOW, None)
    provider.domain.clock.advance(hours=1)
    second = provider(replace(ANNA, groups=("b",)))
    assert second.snapshot is not None
    assert (second.snapshot.groups, second.snapshot.attributes) == (("b",), {})
    assert (second.previous_logon_at, second.roles_epoch) == (NOW, first.roles_epoch + 1)
    assert second.version == first.version
    third = provider(replace(ANNA, groups=("b",)))
    assert third.roles_epoch == second.roles_epoch
    assert third.snapshot is not None
    assert third.snapshot.taken_at == provider.domain.clock.now()


def test_excess_groups_are_dropped_and_audited(provider: Provider) -> None:
    """I-43."""
    groups = (*(f"g{number}" for number in range(600)), "x" * 256)
    attributes = {"n" * 256: ("value",), "Country": ("DE", "x" * 256)}
    user = provider(replace(ANNA, groups=groups, attributes=attributes))
    assert user.snapshot is not None
    assert len(user.snapshot.groups) == 500
    assert user.snapshot.attributes == {"Country": ("DE",)}
    [event] = audit_events(provider.domain.engine, AuditFilter(action="create-user"), 10)
    assert (event.details["dropped_groups"], event.details["dropped_attribute_values"]) == (101, 2)
    assert user.snapshot.is_incomplete


def test_groups_that_the_provider_omitted_are_audited(provider: Provider) -> None:
    """I-43: the user learns of it until a logon with all groups."""
    complete = provider(replace(ANNA, groups=("a",)))
    omitting = provider(replace(ANNA, omits_groups=True))
    again = provider(replace(ANNA, groups=("a",)))
    states = [user.snapshot and user.snapshot.is_incomplete for user in (complete, omitting, again)]
    assert states == [False, True, False]
    [event] = audit_events(provider.domain.engine, AuditFilter(action="update-user"), 10)
    assert event.details["omitted_groups"] is True


@pytest.mark.parametrize(
    "identity",
    [
        ProviderIdentity("sub", "a" * 256),
        ProviderIdentity("sub", "an\x00na"),
        ProviderIdentity("s" * 256, "anna"),
        ProviderIdentity("", "anna"),
    ],
    ids=["long name", "NUL", "long sub", "no sub"],
)
def test_an_unusable_identity_is_refused(provider: Provider, identity: ProviderIdentity) -> None:
    assert "unusable" in provider.refusal(identity)


def test_unusable_optional_attributes_are_left_out(provider: Provider) -> None:
    identity = replace(ANNA, email="no address", email_verified=True, given_name="\x00")
    user = provider(identity)
    assert (user.email, user.email_verified, user.given_name) == (None, False, None)


def test_an_inactive_user_stays_as_it_was(provider: Provider) -> None:
    """I-09."""
    user = stored_user(
        provider.domain, provider.zone, origin="corp", external_id="sub-a", is_active=False
    )
    assert "not active" in provider.refusal(ANNA)
    assert StoredUsers(provider.domain.engine).find(user.user_id) == user


def test_a_user_added_between_two_look_ups_is_found(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-38: by its sub the user was not committed yet, by its name it is."""
    user = provider(ANNA)
    monkeypatch.setattr(UserTable, "with_external_id", lambda *_: None)
    assert provider(ANNA).user_id == user.user_id


def test_concurrent_first_logons_create_one_user(domain: Domain) -> None:
    """D-38: the loser of the race finds the winner's user."""
    provider = Provider(domain)
    with ThreadPoolExecutor(4) as threads:
        users = list(threads.map(lambda _: provider.logon(provider.zone, CORP, ANNA), range(8)))
    assert len({user.user_id for user in users}) == 1


def test_a_deleted_provider_gets_no_user(provider: Provider) -> None:
    """I-46: it may have been deleted since the logon began."""
    assert provider.refusal(ANNA, replace(CORP, origin="deleted")) == UNKNOWN_USER


def exchange(provider: Provider, identity: ProviderIdentity, stated: Stated) -> User:
    user: User = provider.transactions.run(
        lambda store: provider.logon.within(store, provider.zone, CORP, identity, stated)
    )
    return user


def test_an_older_statement_restores_no_group(provider: Provider) -> None:
    """TH-24: an id token issued before the logon is exchanged afterwards."""
    user = provider(replace(ANNA, groups=("viewers",)))
    older = replace(ANNA, given_name="Old", groups=("admins",))
    for at in (NOW - timedelta(minutes=5), NOW):
        assert exchange(provider, older, Stated(at, is_complete=True)) == user
    assert StoredUsers(provider.domain.engine).find(user.user_id) == user


def test_a_statement_without_the_groups_removes_none(provider: Provider) -> None:
    """TH-24: an exchange requests no userinfo."""
    user = provider(replace(ANNA, groups=("viewers",)))
    provider.domain.clock.advance(hours=1)
    stated = Stated(provider.domain.clock.now(), is_complete=False)
    assert exchange(provider, ANNA, stated) == user
    assert StoredUsers(provider.domain.engine).find(user.user_id) == user


def test_a_newer_statement_replaces_the_groups_from_its_time_on(provider: Provider) -> None:
    first = exchange(
        provider,
        replace(ANNA, groups=("admins",)),
        Stated(NOW - timedelta(minutes=9), is_complete=True),
    )
    assert first.snapshot is not None
    assert first.snapshot.taken_at == NOW - timedelta(minutes=9)
    newer = ProviderIdentity("sub-a", "anna", family_name="A", groups=("viewers",))
    second = exchange(provider, newer, Stated(NOW - timedelta(minutes=5), is_complete=True))
    assert second.snapshot is not None
    assert second.snapshot.groups == ("viewers",)
    assert second.snapshot.taken_at == NOW - timedelta(minutes=5)
    assert (second.email, second.given_name, second.family_name) == (
        ANNA.email,
        ANNA.given_name,
        "A",
    )


def test_an_inactive_user_exchanges_nothing(provider: Provider) -> None:
    stored_user(provider.domain, provider.zone, origin="corp", external_id="sub-a", is_active=False)
    with pytest.raises(GrantRefused, match="not active"):
        exchange(provider, ANNA, Stated(NOW, is_complete=False))
