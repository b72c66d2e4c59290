"""The binding of a database is that of the key that has advanced most (D-52)."""

from __future__ import annotations

import pytest

from broker.store.sealing.owner_binding import OwnerBinding, furthest

NONE, SUPERSEDED, STARTED, FINISHED = OwnerBinding


@pytest.mark.parametrize(
    ("bindings", "binding"),
    [
        ([], NONE),
        ([NONE, NONE], NONE),
        ([SUPERSEDED, NONE, STARTED], STARTED),
        ([FINISHED, NONE, SUPERSEDED], FINISHED),
    ],
)
def test_the_furthest_one_counts(bindings: list[OwnerBinding], binding: OwnerBinding) -> None:
    assert furthest(bindings) is binding


def test_values_of_new_keys_are_bound() -> None:
    assert [each.is_bound for each in OwnerBinding] == [False, False, True, True]
