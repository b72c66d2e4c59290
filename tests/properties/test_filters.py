"""A filter selects the same users in SQL, on each database, and when evaluated in Python."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from broker.errors import InvalidRequest
from broker.identity.user import folded
from broker.identity.users.search import USER_ATTRIBUTES
from broker.search.condition import (
    OPERATORS,
    Combination,
    Comparison,
    Connective,
    Kind,
    Operator,
    Selection,
)
from broker.search.filter import in_milliseconds, parse_filter
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.search.condition import Condition
    from tests.support.domain import Domain

TIMES = [
    datetime(2030, 1, 1, tzinfo=UTC) + timedelta(microseconds=each)
    for each in (0, 1, 999, 1000, 1001, 60_000_000)
]
NAMES = [
    "Anna",
    "ånna",
    "anna%",
    "a_na",
    "an\\na",
    "o'neil+x@example.com",
    "ß",
    "ZZ",
    "z\ufffd",
    "𠀀",
]
NAMES += ["') OR 1=1 --", '"quoted"', "-a", "a-", "a b", "ab", "A𠀀"]
PARTS = ["a", "A", "n", "%", "_", "\\", "'", '"', "ß", "SS", "z", "\ufffd", "𠀀", "@", " ", "", "-"]

TEXTS = st.sampled_from(NAMES) | st.lists(st.sampled_from(PARTS), max_size=3).map("".join)


def values(kind: Kind, *, with_number: bool) -> st.SearchStrategy[str]:
    """Return values of the kind as they are written in a filter."""
    match kind:
        case Kind.TEXT:
            return TEXTS.map(json.dumps) | TEXTS.map(
                lambda text: json.dumps(text, ensure_ascii=False)
            )
        case Kind.FLAG:
            return st.sampled_from(["true", "false"])
        case Kind.TIME:
            quoted = st.sampled_from(TIMES).map(lambda time: f'"{time.isoformat()}"')
            numbers = st.sampled_from(TIMES).map(lambda time: f"{time.timestamp() * 1000:.0f}")
            return quoted | numbers if with_number else quoted


@st.composite
def comparisons(draw: st.DrawFn) -> str:
    attribute = draw(st.sampled_from(sorted(USER_ATTRIBUTES.values(), key=lambda each: each.name)))
    operator = draw(st.sampled_from(sorted(OPERATORS[attribute.kind])))
    name = draw(st.sampled_from([attribute.name, attribute.name.upper()]))
    if operator is Operator.PRESENT:
        return f"{name} {operator}"
    return f"{name} {operator} {draw(values(attribute.kind, with_number=attribute.takes_number))}"


FILTERS = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(" and ".join),
        st.lists(inner, min_size=2, max_size=4).map(" OR ".join),
        inner.map(lambda text: f"({text})"),
    ),
    max_leaves=8,
)

VALUES: dict[str, Callable[[User], Any]] = {
    "id": lambda user: user.user_id,
    "userName": lambda user: folded(user.name),
    "origin": lambda user: user.origin,
    "externalId": lambda user: user.external_id,
    "emails.value": lambda user: user.email and ascii_lowered(user.email),
    "active": lambda user: user.is_active,
    "verified": lambda user: user.email_verified,
    "meta.created": lambda user: in_milliseconds(user.created_at),
    "meta.lastModified": lambda user: in_milliseconds(user.updated_at),
    "lastLogonTime": lambda user: user.last_logon_at and in_milliseconds(user.last_logon_at),
}


def ascii_lowered(text: str) -> str:
    return "".join(char.lower() if char.isascii() else char for char in text)


def is_met(condition: Condition, user: User) -> bool:
    """Evaluate the condition without a database."""
    if isinstance(condition, Combination):
        parts = (is_met(each, user) for each in condition.parts)
        return all(parts) if condition.connective is Connective.AND else any(parts)
    value, expected = VALUES[condition.attribute](user), condition.value
    if value is None or condition.operator is Operator.PRESENT:
        return value is not None
    return bool(COMPARISONS[condition.operator](value, expected))


COMPARISONS: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQUAL: lambda value, expected: value == expected,
    Operator.CONTAINS: lambda value, expected: expected in value,
    Operator.STARTS_WITH: lambda value, expected: value.startswith(expected),
    Operator.GREATER: lambda value, expected: value > expected,
    Operator.AT_LEAST: lambda value, expected: value >= expected,
    Operator.LESS: lambda value, expected: value < expected,
    Operator.AT_MOST: lambda value, expected: value <= expected,
}


def users(domain: Domain, zone: Zone) -> list[User]:
    """Store users that differ in every attribute of a filter, and one of another zone."""
    stored_user(domain, zone_of(domain, "other"), "Anna", email="Anna@example.com")
    return [
        stored_user(
            domain,
            zone,
            name,
            origin=("sap.default", "corp", "a-b")[index % 3],
            external_id=None if index % 4 == 0 else f"{NAMES[-1 - index]}",
            email=None if index % 5 == 0 else f"{name.upper()}@Example.ORG",
            is_active=index % 2 == 0,
            email_verified=index % 3 == 0,
            created_at=TIMES[index % len(TIMES)],
            updated_at=TIMES[-1 - index % len(TIMES)],
            last_logon_at=None if index % 3 == 0 else TIMES[index % 4],
        )
        for index, name in enumerate(NAMES)
    ]


def test_every_filter_selects_the_same_users_in_sql_and_in_python(domain: Domain) -> None:
    zone = zone_of(domain)
    stored = users(domain, zone)
    assert {each.name for each in USER_ATTRIBUTES.values()} == set(VALUES)

    @given(text=FILTERS, order_by=st.sampled_from(sorted(VALUES)), is_descending=st.booleans())
    @settings(max_examples=250, suppress_health_check=[HealthCheck.filter_too_much])
    @example(text='userName eq "\') OR 1=1 --"', order_by="userName", is_descending=False)
    @example(
        text='userName co "%" or userName co "_" or userName co "\\\\"',
        order_by="id",
        is_descending=True,
    )
    @example(
        text='userName sw "z\ufffd" or userName sw "𠀀"',
        order_by="emails.value",
        is_descending=True,
    )
    @example(text='origin eq "LDAP" or origin eq "uaa"', order_by="externalId", is_descending=False)
    def check(text: str, order_by: str, *, is_descending: bool) -> None:
        condition = parse_filter(text, USER_ATTRIBUTES)
        expected = [each for each in stored if is_met(condition, each)]
        selection = Selection(order_by, condition, is_descending, limit=len(stored))
        page = domain.transactions.read(lambda store: store.user_search.select(zone, selection))
        assert page.total == len(expected)
        assert [each.user_id for each in page.items] == [
            each.user_id for each in in_order(expected, order_by, is_descending=is_descending)
        ]

    check()


def in_order(found: list[User], order_by: str, *, is_descending: bool) -> list[User]:
    """Order users by the stored value, missing ones first, and then by row id; or the reverse."""
    stored: Callable[[User], Any] = {
        "meta.created": lambda user: user.created_at,
        "meta.lastModified": lambda user: user.updated_at,
        "lastLogonTime": lambda user: user.last_logon_at,
    }.get(order_by, VALUES[order_by])
    found = sorted(found, key=lambda user: user.row_id)
    missing = [each for each in found if stored(each) is None]
    present = [each for each in found if stored(each) is not None]
    ordered = missing + sorted(present, key=stored)
    return ordered[::-1] if is_descending else ordered


@given(st.text(max_size=60) | FILTERS.map(lambda text: text[: len(text) // 2]))
def test_every_text_is_a_filter_or_refused_with_its_place(text: str) -> None:
    refused: list[InvalidRequest] = []
    try:
        parse_filter(text, USER_ATTRIBUTES)
    except InvalidRequest as error:
        refused = [error]
    assert [each.violations[0].path for each in refused] == ["filter"] * len(refused)
    assert all(each.violations[0].found for each in refused)


@pytest.mark.parametrize("origin", ["ldap", "UAA", "sap.default"])
def test_aliases_of_the_local_store(origin: str) -> None:
    """Only as a whole: a provider may have the origin ``ldap-corp``."""
    whole = parse_filter(f'origin eq "{origin}"', USER_ATTRIBUTES)
    assert whole == Comparison("origin", Operator.EQUAL, "sap.default")
    prefix = parse_filter(f'origin sw "{origin}"', USER_ATTRIBUTES)
    assert prefix == Comparison("origin", Operator.STARTS_WITH, origin.lower())
