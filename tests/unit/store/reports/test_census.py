"""Counts of database rows, by the database's time (D-26)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from broker.instances.model import Binding
from broker.store.reports.census import take_census
from broker.store.tables.core import credential, signing_key

if TYPE_CHECKING:
    from tests.support.domain import Domain

NOTHING = {"expired": 0, "under 7 days": 0, "under 30 days": 0, "30 days and more": 0}

NO_SHARES = {"expired": 0, "under a tenth": 0, "under a third": 0, "a third and more": 0}


def set_times(domain: Domain, **columns: datetime) -> None:
    with domain.engine.begin() as connection:
        connection.execute(update(credential).values(**columns))


def test_an_empty_database_has_every_class_of_certificates(on_sqlite: Domain) -> None:
    """An alert on a missing class would never fire."""
    census = take_census(on_sqlite.engine)
    assert (census.instances, census.accepting, census.bindings, census.credentials) == (
        {},
        {},
        {},
        {},
    )
    assert census.certificates == NOTHING
    assert census.certificate_shares == NO_SHARES
    assert set(census.data_key_ages) == {"seal", "digest"}


def test_instances_and_bindings_are_counted_by_plan_and_type(on_sqlite: Domain) -> None:
    types = {"oauth2-configuration": {"credential-types": ["binding-secret", "x509"]}}
    on_sqlite.provision("i", {"xsappname": "a", **types})
    on_sqlite.provision("j", {"xsappname": "b"})
    for name in "ab":
        on_sqlite.bind("i", name)
        on_sqlite.bind("j", name)
    census = take_census(on_sqlite.engine)
    assert census.instances == {"application": 2}
    assert census.accepting == {"binding-secret": 1, "x509": 1, "instance-secret": 1}
    assert census.bindings == {"binding-secret": 2, "instance-secret": 2}
    assert {type_: count for (type_, _), count in census.credentials.items()} == {
        "binding-secret": 2,
        "instance-secret": 1,
    }


@pytest.mark.parametrize(
    ("days", "age"),
    [
        (0, "under 30 days"),
        (29, "under 30 days"),
        (31, "under 90 days"),
        (91, "under 365 days"),
        (366, "365 days and more"),
    ],
)
def test_credentials_are_counted_by_age(on_sqlite: Domain, days: int, age: str) -> None:
    on_sqlite.provision("i", {"xsappname": "app"})
    on_sqlite.bind("i", "b")
    set_times(on_sqlite, created_at=datetime.now(UTC) - timedelta(days=days))
    assert take_census(on_sqlite.engine).credentials == {("instance-secret", age): 1}


@pytest.mark.parametrize(
    ("days", "left"),
    [(-1, "expired"), (6, "under 7 days"), (29, "under 30 days"), (31, "30 days and more")],
)
def test_certificates_are_counted_by_the_time_that_is_left(
    on_sqlite: Domain, days: int, left: str
) -> None:
    types = {"oauth2-configuration": {"credential-types": ["x509"]}}
    on_sqlite.provision("i", {"xsappname": "app", **types})
    on_sqlite.bind("i", "b")
    set_times(on_sqlite, not_after=datetime.now(UTC) + timedelta(days=days))
    assert take_census(on_sqlite.engine).certificates == NOTHING | {left: 1}


@pytest.mark.parametrize(
    ("begun", "left", "share"),
    [
        (8, -1, "expired"),
        (6.4, 0.6, "under a tenth"),
        (6.2, 0.8, "under a third"),
        (4.7, 2.3, "under a third"),
        (4.6, 2.4, "a third and more"),
        (0, 7, "a third and more"),
        (0, 0.5, "a third and more"),
        (600, 399, "a third and more"),
        (801, 399, "under a third"),
    ],
)
def test_certificates_are_counted_by_the_share_that_is_left(
    on_sqlite: Domain, begun: float, left: float, share: str
) -> None:
    """Days since the certificate began, and until it ends."""
    types = {"oauth2-configuration": {"credential-types": ["x509"]}}
    on_sqlite.provision("i", {"xsappname": "app", **types})
    on_sqlite.bind("i", "b")
    now = datetime.now(UTC)
    begin, end = now - timedelta(days=begun), now + timedelta(days=left)
    # Managed: both times are the same; renewed in place: the row is older than the certificate.
    for created in (begin, begin - timedelta(days=100)):
        set_times(on_sqlite, created_at=created, not_before=begin, not_after=end)
        assert take_census(on_sqlite.engine).certificate_shares == NO_SHARES | {share: 1}


def test_the_third_begins_at_renew_before_of_the_binding(on_sqlite: Domain) -> None:
    """Also of a certificate that was issued long before the binding."""
    types = {"oauth2-configuration": {"credential-types": ["x509"]}}
    on_sqlite.provision("i", {"xsappname": "app", **types})
    on_sqlite.bind("i", "b")
    now = datetime.now(UTC)
    created, end = now - timedelta(days=6), now + timedelta(days=4)
    set_times(on_sqlite, created_at=created, not_before=now - timedelta(days=90), not_after=end)
    binding = Binding(
        row_id=1,
        instance_row_id=1,
        binding_id="b",
        credential_type="x509",
        parameters={},
        app_guid=None,
        predecessor_id=None,
        payload={},
        created_at=created,
        expires_at=end,
    )
    assert binding.renew_before is not None
    assert binding.renew_before > now
    assert take_census(on_sqlite.engine).certificate_shares["a third and more"] == 1
    after = binding.renew_before - now + timedelta(seconds=5)
    set_times(
        on_sqlite, created_at=created - after, not_before=created - 2 * after, not_after=end - after
    )
    assert take_census(on_sqlite.engine).certificate_shares["under a third"] == 1


def test_the_age_of_the_signing_key_starts_with_its_first_signature(on_sqlite: Domain) -> None:
    age = take_census(on_sqlite.engine).signing_key_age
    assert age is not None
    assert 0 <= age < 3600
    with on_sqlite.engine.begin() as connection:
        later = datetime.now(UTC) + timedelta(days=1)
        connection.execute(update(signing_key).values(sign_from=later))
    assert take_census(on_sqlite.engine).signing_key_age is None
