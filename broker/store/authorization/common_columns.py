"""The columns that all parts of the statement on rights have in common."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Select, String, cast, literal, null, select

from broker.store.tables.core import UtcDateTime

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine


class Kind(IntEnum):
    """What a row of the statement describes."""

    CLIENT = 1
    MEMBERSHIP = 2
    ROLE = 3
    TEMPLATE_ATTRIBUTE = 4
    ROLE_ATTRIBUTE = 5
    FOREIGN_SCOPE = 6
    GRANTED_SCOPE = 7


def common_columns(kind: Kind, **columns: Any) -> Select[*tuple[Any, ...]]:
    """Return a select of the common columns; absent ones are NULL of their type."""
    types: dict[str, TypeEngine[Any]] = {
        **{name: BigInteger() for name in ("a", "b", "c", "d")},
        **{name: String() for name in ("one", "two", "three", "four")},
        "flag": Boolean(),
        "time": UtcDateTime(),
    }
    missing: dict[str, Any] = {
        name: cast(null(), type_) for name, type_ in types.items() if name not in columns
    }
    given = {**missing, **columns}
    return select(literal(int(kind)).label("kind"), *(given[name].label(name) for name in types))
