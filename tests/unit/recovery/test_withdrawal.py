"""A withdrawal is applied, refused or without effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.errors import InvalidRequest, NotFound, StateConflict
from broker.recovery.withdrawal import Refused, attempt

if TYPE_CHECKING:
    from collections.abc import Callable


def raises(error: Exception) -> Callable[[], bool]:
    def withdraw() -> bool:
        raise error

    return withdraw


REFUSED = StateConflict("It is in use.")
INVALID = InvalidRequest.at("name", '"x"', "a name")


@pytest.mark.parametrize(
    ("withdraw", "sentences"),
    [
        (lambda: True, ["Deleted it again."]),
        (lambda: False, []),
        (raises(NotFound("It is gone.")), []),
        (raises(REFUSED), [f"Not deleted again: it: {REFUSED}"]),
        (raises(INVALID), [f"Not deleted again: it: {INVALID}"]),
    ],
)
def test_what_an_attempt_reports(withdraw: Callable[[], bool], sentences: list[str]) -> None:
    found = list(attempt("it", "Deleted", withdraw))
    assert found == sentences
    assert all(isinstance(each, Refused) is each.startswith("Not") for each in found)


def test_other_errors_stop() -> None:
    with pytest.raises(RuntimeError):
        list(attempt("it", "Deleted", raises(RuntimeError())))
