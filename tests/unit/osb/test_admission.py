"""Admission of OSB requests (D-20)."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from broker.errors import Busy
from broker.osb.admission import Admission, Limits
from broker.runtime.deadline import seconds_left

NO_DEADLINE = -1.0


def an_admission(*, active: int, queued: int) -> Admission:
    return Admission(
        Limits(body_bytes=1, request_seconds=0, active_requests=active, queued_requests=queued)
    )


def test_a_request_beyond_the_active_ones_is_refused_after_its_time() -> None:
    admission = an_admission(active=1, queued=9)
    with admission.slot(), admission.deadline(), pytest.raises(Busy), admission.slot():
        pass


def test_a_request_beyond_the_queued_ones_is_refused() -> None:
    admission = an_admission(active=9, queued=2)
    with ExitStack() as active:
        for _ in range(2):
            active.enter_context(admission.slot())
        with pytest.raises(Busy), admission.slot():
            pass


def test_a_refused_request_holds_no_slot() -> None:
    admission = an_admission(active=1, queued=2)
    for _ in range(3):
        with admission.slot(), pytest.raises(Busy), admission.slot():
            pass
    with admission.slot():
        pass


def test_a_failed_request_returns_its_slot_and_its_deadline() -> None:
    admission = an_admission(active=1, queued=1)
    for _ in range(2):
        with pytest.raises(ValueError, match="x"), admission.deadline(), admission.slot():
            raise ValueError("x")
    assert seconds_left(NO_DEADLINE) == NO_DEADLINE
