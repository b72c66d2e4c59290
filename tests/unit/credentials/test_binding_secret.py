"""Binding secrets: their form and recognition."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest

from broker.credentials.binding_secret import BindingSecret

GUID = "0a1b2c3d-0000-4000-8000-000000000001"
RANDOM = "A" * 43 + "="


def test_binding_secrets_start_with_their_guid() -> None:
    guid = str(uuid4())
    drawn = [BindingSecret().mint(guid) for _ in range(100)]
    assert len({secret.text for secret in drawn}) == 100
    for secret in drawn:
        assert re.fullmatch(re.escape(guid) + r"\$[A-Za-z0-9_-]{43}=", secret.text)
        assert secret.lookup == guid


@pytest.mark.parametrize(
    "presented",
    [
        f"{GUID}{RANDOM}",
        f"{GUID}$" + "A" * 44,
        f"{GUID}$" + "A" * 42 + "=",
        f"{GUID}${RANDOM}\n",
        f" {GUID}${RANDOM}",
        f"{GUID.upper()}${RANDOM}",
        f"{GUID}$" + "A" * 42 + "+=",
        f"${RANDOM}",
    ],
)
def test_other_forms_are_not_recognised(presented: str) -> None:
    assert BindingSecret().recognise(presented) is None
    assert BindingSecret().recognise(f"{GUID}${RANDOM}") == GUID
