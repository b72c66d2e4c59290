"""Bodies of requests as models: unknown fields, read-only ones, violations."""

from __future__ import annotations

from typing import ClassVar

import pytest
from pydantic import Field

from broker.api.models import RequestModel, parse_body
from broker.errors import InvalidRequest


class Part(RequestModel):
    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"version"})

    number: int = Field(ge=1)


class Thing(RequestModel):
    READ_ONLY: ClassVar[frozenset[str]] = frozenset({"id"})
    ONLY_NULL: ClassVar[frozenset[str]] = frozenset({"secret"})

    name: str = Field(max_length=5)
    is_on: bool = Field(default=False, alias="isOn")
    parts: list[Part] = Field(default=[], max_length=2)


def parsed(text: str) -> Thing:
    thing: Thing = parse_body(text.encode(), Thing)
    return thing


def test_fields_have_the_names_of_json() -> None:
    thing = parsed('{"name": "a", "isOn": true, "parts": [{"number": 3}]}')
    assert thing == Thing(name="a", is_on=True, parts=[Part(number=3)])


def test_read_only_fields_and_null_have_no_effect() -> None:
    thing = parsed(
        '{"id": {"any": 1}, "name": "a", "isOn": null, "secret": null,'
        ' "parts": [{"number": 3, "version": 9}]}'
    )
    assert thing == Thing(name="a", parts=[Part(number=3)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "body: no body"),
        ("{", "body: not valid JSON"),
        ('{"name": "a", "name": "b"}', 'body: duplicate key "name"'),
        ("[]", "$: a JSON array; allowed: an object"),
        ('"text"', "an object"),
        ("{}", "name: missing"),
        ('{"name": null}', "name: missing"),
        ('{"name": 1}', "name: 1; allowed: a string"),
        ('{"name": true}', "name: true; allowed: a string"),
        ('{"name": "123456"}', 'name: "123456"; at most 5 characters'),
        ('{"name": "a", "isOn": "true"}', 'isOn: "true"; allowed: true or false'),
        ('{"name": "a", "x": 1}', "x: an unknown field"),
        ('{"name": "a", "x": null}', "x: an unknown field"),
        ('{"name": "a", "is_on": null}', "is_on: an unknown field"),
        ('{"name": "a", "secret": "x"}', "secret: an unknown field"),
        ('{"name": "a", "is_on": true}', "is_on: an unknown field"),
        ('{"name": "a", "version": 1}', "version: an unknown field"),
        ('{"name": "a", "parts": [{"number": 0}]}', "parts[0].number: 0; at least 1"),
        ('{"name": "a", "parts": {}}', "parts: a JSON object; allowed: an array"),
        ('{"name": "a", "parts": [1,2,3]}', "at most 2 entries"),
    ],
)
def test_violations_name_the_place(text: str, expected: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        parsed(text)
    text = str(raised.value)
    assert expected in text or expected.replace("$: ", "") in text


def test_violations_are_limited() -> None:
    names = ",".join(f'"x{number}": 1' for number in range(100))
    with pytest.raises(InvalidRequest) as raised:
        parsed(f'{{"name": "a", {names}}}')
    assert len(raised.value.violations) == 20
