"""Counts of database contents for metrics, computed on request (D-26)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from broker.credentials.readiness import CertificateLife
from broker.store.database.columns import from_types_text
from broker.store.database.engine import READ_OPTIONS, database_time
from broker.store.reports.certificate_life import life_left, life_of
from broker.store.tables.core import (
    client,
    credential,
    data_key,
    service_binding,
    service_instance,
)
from broker.store.tables.core import signing_key as signing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Engine

AGE_DAYS = (30, 90, 365)
"""The limits between the age classes."""

LEFT_DAYS = (0, 7, 30)
"""The limits between the classes of certificates, in days until expiry."""

_LEFT = ("expired", "under 7 days", "under 30 days", "30 days and more")
_AGES = (*(f"under {days} days" for days in AGE_DAYS), f"{AGE_DAYS[-1]} days and more")


@dataclass(frozen=True, slots=True)
class Census:
    """Numbers of rows, and ages in seconds."""

    instances: Mapping[str, int]
    """By plan."""
    accepting: Mapping[str, int]
    """Instances by credential type that they list."""
    bindings: Mapping[str, int]
    """By credential type."""
    credentials: Mapping[tuple[str, str], int]
    """By credential type and age class."""
    certificates: Mapping[str, int]
    """Certificates of bindings by time until expiry."""
    certificate_shares: Mapping[str, int]
    """Certificates of bindings by the share of the lifetime that is left.

    "under a third" begins at ``renew_before`` of the binding.
    """
    data_key_ages: Mapping[str, float]
    """Age of the newest key of each purpose."""
    signing_key_age: float | None
    """Age of the current signing key; None without one."""


def take_census(engine: Engine) -> Census:
    """Return the current counts and ages."""
    with engine.connect().execution_options(**READ_OPTIONS) as connection:
        now = database_time(connection)
        left, shares = _certificates(connection, now)
        return Census(
            instances=_counts(connection, service_instance.c.plan),
            accepting=_accepting(connection),
            bindings=_counts(connection, service_binding.c.credential_type),
            credentials=_credentials(connection, now),
            certificates=left,
            certificate_shares=shares,
            data_key_ages={
                row.purpose: _seconds(row.newest, now)
                for row in connection.execute(
                    select(
                        data_key.c.purpose, func.max(data_key.c.created_at).label("newest")
                    ).group_by(data_key.c.purpose)
                )
            },
            signing_key_age=_signing_key_age(connection, now),
        )


def _counts(connection: Connection, column: object) -> dict[str, int]:
    counted = select(column, func.count()).group_by(column)  # type: ignore[call-overload]
    return {row[0]: row[1] for row in connection.execute(counted)}


def _accepting(connection: Connection) -> dict[str, int]:
    numbers: Counter[str] = Counter()
    counted = (
        select(client.c.credential_types, func.count())
        # Built-in applications have no service instance.
        .join(service_instance, service_instance.c.client_row_id == client.c.id)
        .group_by(client.c.credential_types)
    )
    for types, count in connection.execute(counted):
        numbers.update(dict.fromkeys(from_types_text(types), count))
    return dict(numbers)


def _credentials(connection: Connection, now: datetime) -> dict[tuple[str, str], int]:
    age = case(
        *(
            (credential.c.created_at > now - timedelta(days=days), index)
            for index, days in enumerate(AGE_DAYS)
        ),
        else_=len(AGE_DAYS),
    ).label("age")
    counted = select(credential.c.type, age, func.count()).group_by(credential.c.type, age)
    return {(type_, _AGES[index]): count for type_, index, count in connection.execute(counted)}


def _certificates(connection: Connection, now: datetime) -> tuple[dict[str, int], dict[str, int]]:
    left = case(
        *(
            (credential.c.not_after <= now + timedelta(days=days), index)
            for index, days in enumerate(LEFT_DAYS)
        ),
        else_=len(LEFT_DAYS),
    ).label("left")
    share = life_left(connection, now).label("share")
    counted = (
        select(left, share, func.count())
        .where(credential.c.not_after.is_not(None))
        .group_by(left, share)
    )
    # Every class is always present: an alert on a missing one would never fire.
    lefts, shares = (
        Counter(dict.fromkeys(_LEFT, 0)),
        Counter(dict.fromkeys(map(str, CertificateLife), 0)),
    )
    for left_index, share_index, count in connection.execute(counted):
        lefts[_LEFT[left_index]] += count
        shares[str(life_of(share_index))] += count
    return dict(lefts), dict(shares)


def _signing_key_age(connection: Connection, now: datetime) -> float | None:
    since = connection.execute(
        select(func.max(signing.c.sign_from)).where(signing.c.sign_from <= now)
    ).scalar_one()
    return None if since is None else _seconds(since, now)


def _seconds(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
