"""Data keys are wrapped with their id, purpose and binding (D-12, D-52)."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from broker.errors import ConfigurationError
from broker.store.sealing.owner_binding import OwnerBinding
from broker.store.sealing.wrapping import Wrapping, binding_in

MASTER_KEYS = {"new": b"n" * 32, "old": b"o" * 32}
KEY = b"k" * 32


class Row(NamedTuple):
    """A row of the table."""

    id: int
    purpose: str
    master_key_id: str
    wrapped: bytes
    owner_binding: str | None


def row(binding: OwnerBinding, **changes: Any) -> Any:
    wrapped = Wrapping(MASTER_KEYS).wrap(KEY, 7, "seal", binding)
    return Row(7, "seal", "new", wrapped, binding or None)._replace(**changes)


@pytest.mark.parametrize("binding", OwnerBinding)
def test_a_key_is_unwrapped_with_its_own_binding_only(binding: OwnerBinding) -> None:
    """A writer of the database changes neither."""
    wrapping = Wrapping(MASTER_KEYS)
    assert wrapping.unwrap(row(binding)) == KEY
    for other in set(OwnerBinding) - {binding}:
        with pytest.raises(ConfigurationError, match="differs from the key"):
            wrapping.unwrap(row(binding, owner_binding=other or None))
        again = row(binding, wrapped=wrapping.again(row(binding), other), owner_binding=other)
        assert wrapping.unwrap(again) == KEY
    for name, value in (("id", 8), ("purpose", "digest"), ("master_key_id", "old")):
        with pytest.raises(ConfigurationError, match="differs from the key"):
            wrapping.unwrap(row(binding, **{name: value}))


def test_an_unknown_binding_is_a_clear_refusal() -> None:
    with pytest.raises(ConfigurationError, match="changed in the database, or by a newer version"):
        binding_in(row(OwnerBinding.NONE, owner_binding="other"))
