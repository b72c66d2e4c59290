"""The share of its lifetime that a certificate has left: for metrics, alerts and the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import case, extract, func, literal

from broker.credentials.readiness import CertificateLife
from broker.store.tables.core import UtcDateTime, credential

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

_IN_ORDER: Final = tuple(CertificateLife)


def life_left(connection: Connection, now: datetime) -> ColumnElement[int]:
    """Return the share of a credential with an end, as a number for ``life_of``; 0 is expired."""
    end = _seconds_of(connection, credential.c.not_after)
    # A certificate that is renewed in place is younger than its row, another one may be older.
    begin = _seconds_of(
        connection,
        case(
            (credential.c.not_before > credential.c.created_at, credential.c.not_before),
            else_=credential.c.created_at,
        ),
    )
    remaining = end - _seconds_of(connection, literal(now, UtcDateTime))
    return case(
        (credential.c.not_after <= now, _IN_ORDER.index(CertificateLife.EXPIRED)),
        (remaining * 10 <= end - begin, _IN_ORDER.index(CertificateLife.TENTH)),
        (remaining * 3 <= end - begin, _IN_ORDER.index(CertificateLife.THIRD)),
        else_=_IN_ORDER.index(CertificateLife.MORE),
    )


def needs_renewal(connection: Connection, now: datetime) -> ColumnElement[bool]:
    """Return whether a credential with an end has expired or is in the last third of its life."""
    return life_left(connection, now) < _IN_ORDER.index(CertificateLife.MORE)


def life_of(number: int) -> CertificateLife:
    """Return the share of this number."""
    return _IN_ORDER[number]


def _seconds_of(connection: Connection, time: ColumnElement[datetime]) -> ColumnElement[float]:
    """Return a time as a number of seconds since a fixed moment."""
    if connection.dialect.name == "sqlite":
        return func.julianday(time) * 86_400.0
    return extract("epoch", time)  # type: ignore[return-value]
