"""Typed names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from broker.console.confirm import require_confirmed
from broker.errors import InvalidRequest


def asked(text: str | None) -> Any:
    return SimpleNamespace(form={} if text is None else {"confirm": text})


@pytest.mark.parametrize("text", ["anna", " anna "])
def test_the_name(text: str) -> None:
    require_confirmed(asked(text), "anna")


@pytest.mark.parametrize("text", [None, "", "Anna", "ann", "anna!", "änna"])
def test_another_text(text: str | None) -> None:
    with pytest.raises(InvalidRequest, match=r"confirm\.wrong"):
        require_confirmed(asked(text), "anna")
