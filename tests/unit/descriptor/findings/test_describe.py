"""Violations in words (D-11)."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from broker.descriptor.binding import BindingParameters
from broker.descriptor.findings.describe import MAX_VIOLATIONS, described, shown
from broker.descriptor.model import NAME_RULES, Attribute, Descriptor, RoleTemplate
from broker.descriptor.part import DescriptorPart
from broker.errors import Violation

NAME = {"xsappname": "app"}


def violations(part: type[DescriptorPart], document: dict[str, Any]) -> list[Violation]:
    with pytest.raises(ValidationError) as refused:
        part.model_validate(document)
    return described(part, refused.value.errors(include_url=False))


@pytest.mark.parametrize(
    ("part", "document", "text"),
    [
        (Descriptor, {}, "xsappname is missing"),
        (Descriptor, {**NAME, "scopes": [{"name": None}]}, "scopes[0].name is missing"),
        (
            Descriptor,
            {"xsappname": "a.b"},
            'Invalid xsappname "a.b"; allowed: 1 to 100 characters from',
        ),
        (
            Descriptor,
            {**NAME, "oauth2-configuration": {"refresh-token-validity": "x"}},
            'oauth2-configuration.refresh-token-validity: "x"; allowed: a whole number of seconds',
        ),
        (
            BindingParameters,
            {"x509": {"validity": 400}},
            "x509.validity: 400 days; at most 30 days",
        ),
        (
            BindingParameters,
            {"x509": {"validity": "31"}},
            "x509.validity: 31 days; at most 30 days",
        ),
        (BindingParameters, {"x509": {"validity": 0}}, "x509.validity: 0 days; at least 1 day"),
        (BindingParameters, {"x509": {"validity": None}}, "x509.validity: null; allowed: a whole"),
        (
            Descriptor,
            {**NAME, "attributes": [{"name": "a b"}]},
            "attributes[0].name: \"a b\"; allowed: 1 to 64 characters from 'a'-'z'",
        ),
        (
            Descriptor,
            {**NAME, "oauth2-configuration": {"allowedproviders": None}},
            "oauth2-configuration.allowedproviders: null; allowed: a list; [] means none",
        ),
    ],
)
def test_one_sentence_says_what_is_wrong(
    part: type[DescriptorPart], document: dict[str, Any], text: str
) -> None:
    [violation] = violations(part, document)
    assert str(violation).startswith(text)


def test_members_for_programs_are_complete() -> None:
    [violation] = violations(Descriptor, {})
    assert violation.as_json() == {
        "path": "xsappname",
        "found": "missing",
        "allowed": "a value; this key is mandatory",
    }


def test_every_pattern_has_words() -> None:
    patterns = {
        data.pattern
        for part in (Attribute, RoleTemplate)
        for data in part.model_fields["name"].metadata
        if getattr(data, "pattern", None)
    }
    assert patterns == NAME_RULES.keys()


@pytest.mark.parametrize("key", ["XSAPPNAME", "xs_app_name", "xsAppName"])
def test_a_misspelled_key_is_not_missing_as_well(key: str) -> None:
    [violation] = violations(Descriptor, {key: "app"})
    assert str(violation) == f'{key}: unknown key, did you mean "xsappname"?'


def test_violations_beyond_the_limit_are_counted() -> None:
    document = {**NAME, "authorities": [0] * (MAX_VIOLATIONS + 3)}
    found = violations(Descriptor, document)
    assert len(found) == MAX_VIOLATIONS + 1
    assert str(found[-1]) == "3 further errors; allowed: a valid document"


def test_values_are_shown_without_long_texts() -> None:
    values: dict[str, object] = {
        "null": None,
        "true": True,
        "7": 7,
        '"a?"': "a\n",
        "a list": [],
        "an object": {},
    }
    assert {text: shown(value) for text, value in values.items()} == {text: text for text in values}
    assert shown("x" * 65) == "a string of 65 characters"
