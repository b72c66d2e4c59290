"""Parameters with one value."""

from __future__ import annotations

import pytest

from broker.login.single_value import single


@pytest.mark.parametrize(
    ("values", "value"), [(["a"], "a"), ([], ""), (["a", "a"], ""), (["a", "b"], "")]
)
def test_a_repeated_value_is_none(values: list[str], value: str) -> None:
    assert single(values) == value
