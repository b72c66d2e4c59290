"""Filter expressions: what they state, and what is refused where (TH-14)."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from broker.errors import InvalidRequest
from broker.identity.user import folded
from broker.search.condition import (
    Attribute,
    Combination,
    Comparison,
    Connective,
    Kind,
    Operator,
    by_name,
)
from broker.search.filter import MAX_BYTES, MAX_DEPTH, MAX_TERMS, parse_filter

ATTRIBUTES = by_name(
    Attribute("userName", normal=folded),
    Attribute("emails.value"),
    Attribute("active", Kind.FLAG),
    Attribute("meta.created", Kind.TIME),
    Attribute("lastLogonTime", Kind.TIME, takes_number=True),
)
A, B, C = (Comparison("userName", Operator.EQUAL, each) for each in "abc")


def parsed(text: str) -> object:
    return parse_filter(text, ATTRIBUTES)


@pytest.mark.parametrize("operator", [each for each in Operator if each is not Operator.PRESENT])
def test_a_comparison(operator: Operator) -> None:
    expected = Comparison("userName", operator, "anna")
    assert parsed(f'userName {operator} "anna"') == expected
    assert parsed(f'  USERNAME\t{operator.upper()}  "Anna" ') == expected
    assert parsed(f'userName {operator}"anna"') == expected


def test_values() -> None:
    assert parsed("userName pr") == Comparison("userName", Operator.PRESENT)
    text = r'emails.value eq "\") OR 1=1 -- %_\\ \u00e4"'
    assert parsed(text) == Comparison("emails.value", Operator.EQUAL, '") OR 1=1 -- %_\\ ä')
    for flag in ("true", '"true"', "TRUE"):
        assert parsed(f"active eq {flag}") == Comparison("active", Operator.EQUAL, value=True)
    moment = datetime(2030, 1, 31, 12, 0, 0, 123_000, tzinfo=UTC)
    for time_ in ("2030-01-31T12:00:00.123Z", "2030-01-31T13:00:00.123999+01:00"):
        assert parsed(f'meta.created ge "{time_}"') == Comparison(
            "meta.created", Operator.AT_LEAST, moment
        )
    number = int(moment.timestamp() * 1000)
    assert parsed(f"lastLogonTime lt {number}") == Comparison(
        "lastLogonTime", Operator.LESS, moment
    )


def test_and_binds_more_closely_than_or() -> None:
    a, b, c = (f'userName eq "{each}"' for each in "abc")
    either, both = Connective.OR, Connective.AND
    assert parsed(f"{a} or {b} And {c}") == Combination(either, (A, Combination(both, (B, C))))
    assert parsed(f"({a} OR {b}) and {c}") == Combination(both, (Combination(either, (A, B)), C))
    assert parsed(f"{a} and {b} and {c}") == Combination(both, (A, B, C))
    assert parsed(f"(({a}))") == A


@pytest.mark.parametrize(
    ("text", "found", "allowed"),
    [
        ("", "its end", "userName, emails.value, active, meta.created or lastLogonTime"),
        ('nickName eq "a"', "nickName at character 1", "userName, "),
        ('password sw "a"', "password at character 1", "userName, "),
        ('userName ne "a"', "ne at character 10", "eq, co, sw, pr, gt, ge, lt or le after"),
        ('not (userName eq "a")', "not at character 1", "userName, "),
        ("active co true", "co at character 8", "eq or pr after active"),
        ('meta.created sw "2"', "sw at character 14", "eq, pr, gt, ge, lt or le after"),
        ("userName eq a", "a at character 13", "a string in double quotes after userName"),
        ("userName eq 'a'", "'a' at character 13", "a string in double quotes after userName"),
        ("userName eq", "its end", "a string in double quotes"),
        ("userName eq (", "( at character 13", "a string in double quotes"),
        ("active eq 1", "1 at character 11", "true or false"),
        ("meta.created gt 17", "17 at character 17", "a time such as"),
        ('meta.created gt "2030-01-31T12:00:00"', '"2030', "a time such as"),
        ('meta.created gt "9999-01-01T00:00:00Z"', '"9999', "a time such as"),
        ('meta.created gt "0001-01-01T00:00:00+23:00"', '"0001', "a time such as"),
        ("lastLogonTime gt 1e3", "1e3 at character 18", "milliseconds since 1970 or a time"),
        ("lastLogonTime gt " + "9" * 15, "9" * 15, "milliseconds since 1970 or a time"),
        ("lastLogonTime gt " + "9" * 1500, "9" * 40, "milliseconds since 1970 or a time"),
        ('userName eq "a" "b"', '"b" at character 17', "and, or, or the end of the filter"),
        ('userName eq "a")', ") at character 16", "and, or, or the end of the filter"),
        ('(userName eq "a"', "its end", ") for the parenthesis at character 1"),
        ('userName eq "a" or', "its end", "userName, "),
        ('userName eq "a', "a string without end at character 13", "words, strings"),
        (r'userName eq "\x"', r'"\x" at character 13', "a string with the escapes of JSON"),
        (r'userName eq "\ud800"', "an unprintable character", "printable characters"),
        (r'userName eq "\u0000"', "an unprintable character", "printable characters"),
        ("userName eq \0", "? at character 13", "a string in double quotes"),
        ("userName) or (1 eq 1", ") at character 9", "eq, co"),
        ("') OR 1=1 --", "' at character 1", "userName, "),
    ],
)
def test_refused_filters(text: str, found: str, allowed: str) -> None:
    with pytest.raises(InvalidRequest) as error:
        parsed(text)
    assert str(error.value).startswith("Invalid filter expression: [")
    (violation,) = error.value.violations
    assert violation.path == "filter"
    assert violation.found.startswith(found)
    assert violation.allowed.startswith(allowed)


def test_limits() -> None:
    term = 'userName eq "a"'
    assert parsed("(" * MAX_DEPTH + term + ")" * MAX_DEPTH) == A
    assert parsed(" or ".join([term] * MAX_TERMS)) == Combination(Connective.OR, (A,) * MAX_TERMS)
    fits = "ä" * (MAX_BYTES // 2 - 8)
    assert parsed(f'userName eq "{fits}" ') == Comparison("userName", Operator.EQUAL, fits)
    for text, found in (
        ("(" * (MAX_DEPTH + 1) + term + ")" * (MAX_DEPTH + 1), "more than 16 levels"),
        (" or ".join([term] * (MAX_TERMS + 1)), "more than 50 comparisons"),
        (f'userName eq "{fits}a"  ', "more than 2048 bytes"),
        ("(" * 10_000, "more than 2048 bytes"),
        ("(" * MAX_BYTES, "more than 16 levels"),
        ("\ud800" * MAX_BYTES, "more than 2048 bytes"),
    ):
        with pytest.raises(InvalidRequest) as error:
            parsed(text)
        assert error.value.violations[0].found.startswith(found)
        assert len(str(error.value)) < 400


@pytest.mark.parametrize("part", ["(", ")", '"', "\\", '"\\', " ", "a", "a ", "and ", '""', "\t("])
def test_hostile_filters_cost_time_proportional_to_their_length(part: str) -> None:
    """Quadratic work over the 2 KB that are read would take a hundred times as long."""
    for start in ("", '"', "userName eq ", 'userName eq "'):
        text = (start + part * MAX_BYTES)[:MAX_BYTES]
        began = time.thread_time()
        for _ in range(10):
            with pytest.raises(InvalidRequest):
                parsed(text)
        assert time.thread_time() - began < 1
