"""The reference page is generated from the models."""

from __future__ import annotations

import re

import pytest

from broker.descriptor.binding import BindingParameters, X509Parameters
from broker.descriptor.leniency import INERT_KEYS
from broker.descriptor.model import (
    Attribute,
    CredentialType,
    Descriptor,
    OAuth2Configuration,
    RoleCollection,
    RoleTemplate,
    Scope,
)
from broker.descriptor.part import DescriptorPart
from broker.descriptor.reports.reference_page import reference_page

PAGE = reference_page()


def keys_below(heading: str) -> set[str]:
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    [body] = [part for part in section if part.partition("\n")[0] == heading]
    return set(re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE))


@pytest.mark.parametrize(
    ("heading", "part"),
    [
        ("Top level", Descriptor),
        ("Binding parameters", BindingParameters),
        *(
            (part.__name__, part)
            for part in (
                Attribute,
                OAuth2Configuration,
                RoleCollection,
                RoleTemplate,
                Scope,
                X509Parameters,
            )
        ),
    ],
)
def test_every_key_has_a_row(heading: str, part: type[DescriptorPart]) -> None:
    aliases = {field.alias or name for name, field in part.model_fields.items()}
    assert keys_below(heading) == aliases


def test_values_and_limits_are_named() -> None:
    assert ", ".join(f"`{type_}`" for type_ in CredentialType) in PAGE
    assert "from 60 to 86400" in PAGE
    assert re.search(r"^\| `xsappname` \| .* \| mandatory \| .+ \|$", PAGE, re.MULTILINE)
    assert "| `key-length` | `2048`, `4096`, `8192` or string of digits | `2048` |" in PAGE
    assert all(f"- `{key}`: " in PAGE for key in INERT_KEYS)


def test_it_ends_with_one_line_break() -> None:
    assert PAGE.endswith("|\n")


@pytest.mark.parametrize(
    "rule", ["| `xsappname` | 1 to 100", "| `name` | `$XSAPPNAME.<name>` with"]
)
def test_names_have_their_rule(rule: str) -> None:
    assert rule in PAGE
