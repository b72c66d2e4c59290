"""Every key that the parser knows has a meaning, a default and, if it is a number, a unit."""

from __future__ import annotations

import re

import pytest

from broker.descriptor.binding import BindingParameters
from broker.descriptor.model import Descriptor
from broker.descriptor.part import DescriptorPart
from broker.descriptor.reports.key_meanings import MEANINGS
from broker.descriptor.reports.reference_page import reference_page
from broker.descriptor.schema import parameter_schema

UNITS = re.compile(r"\b(?:seconds|bits|unit of)\b")


def test_every_part_is_described() -> None:
    parts = {
        each
        for each in DescriptorPart.__subclasses__()
        if each.__module__.startswith("broker.descriptor.")
    }
    assert set(MEANINGS) == parts


@pytest.mark.parametrize("part", MEANINGS, ids=lambda part: part.__name__)
def test_every_key_has_a_meaning_and_a_default(part: type[DescriptorPart]) -> None:
    fields = {each.alias or name: each for name, each in part.model_fields.items()}
    assert MEANINGS[part].keys() == fields.keys()
    for key, meaning in MEANINGS[part].items():
        assert meaning.text.endswith(".")
        field = fields[key]
        says_nothing = not field.is_required() and field.default is None
        assert meaning.absent or not says_nothing, key


def test_every_number_has_a_unit() -> None:
    numbers = 0
    for part in (Descriptor, BindingParameters):
        schema = parameter_schema(part)
        for each in MEANINGS:
            definition = schema["definitions"].get(each.__name__, {})
            for key, value in definition.get("properties", {}).items():
                forms = value.get("anyOf", [value])
                if any(form.get("type") == "integer" for form in forms):
                    numbers += 1
                    assert UNITS.search(MEANINGS[each][key].text), key
    assert numbers == 4


def test_the_page_has_each_meaning() -> None:
    page = reference_page()
    for keys in MEANINGS.values():
        for key, meaning in keys.items():
            assert re.search(
                rf"^\| `{key}` \| .*\| {re.escape(meaning.text)} \|$", page, re.MULTILINE
            )
