"""The simple values of descriptors."""

from __future__ import annotations

import pytest

from broker.descriptor.binding import BindingParameters
from broker.descriptor.model import Descriptor
from broker.descriptor.part import MAX_TOKEN_LIFETIME, DescriptorPart, integer_text
from broker.descriptor.schema import parameter_schema


def test_access_tokens_live_a_day_at_most() -> None:
    assert MAX_TOKEN_LIFETIME.total_seconds() == 86_400


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("7", 7),
        ("007", 7),
        ("", ""),
        ("-1", "-1"),
        ("1" * 13, "1" * 13),
        ("\u0661", "\u0661"),
        (7, 7),
        (None, None),
    ],
)
def test_only_texts_of_ascii_digits_are_numbers(value: object, number: object) -> None:
    assert integer_text(value) == number


def parts(base: type[DescriptorPart] = DescriptorPart) -> list[type[DescriptorPart]]:
    return [each for part in base.__subclasses__() for each in (part, *parts(part))]


def test_only_known_keys_may_be_null() -> None:
    for part in parts():
        assert part.null_is_absent <= {field.alias for field in part.model_fields.values()}
    assert BindingParameters.null_is_absent == frozenset()


def test_the_schema_accepts_null_where_it_means_absent() -> None:
    properties = parameter_schema(Descriptor)["properties"]
    assert all({"type": "null"} in properties[key]["anyOf"] for key in Descriptor.null_is_absent)
