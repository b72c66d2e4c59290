"""Descriptions of references for an operator."""

from __future__ import annotations

import pytest

from broker.authorization.reference import Reference
from broker.descriptor.declarations import Usage

GRANT, ACCEPT = Usage.GRANT_AS_AUTHORITY, Usage.AUTHORITIES


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        (
            Reference(GRANT, "read", "b!t7", "", ""),
            ["grant-as-authority-to-apps", '"read"', "b!t7"],
        ),
        (Reference(ACCEPT, "", "", "my-uaa", "look"), ["authorities", "my-uaa", '"look"']),
        (Reference(ACCEPT, "", "b!t7", "my-uaa", ""), ["authorities", "b!t7"]),
    ],
)
def test_it_names_the_usage_and_the_reference(reference: Reference, parts: list[str]) -> None:
    text = str(reference)
    positions = [text.index(part) for part in parts]
    assert positions == sorted(positions)
    assert text.startswith(parts[0])


def test_a_reference_to_every_application_names_none() -> None:
    everything = str(Reference(ACCEPT, "", "", "", ""))
    assert everything.startswith("authorities: ")
    assert "!" not in everything
