"""One hash at a time, in a thread of lower priority (I-15, D-41)."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from broker.authentication.passwords.hashing import PasswordHashing
from broker.errors import Busy
from tests.support.scheduling import policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Hashes:
    """Hashes that end when a test permits it."""

    def __init__(self) -> None:
        self.may_end = threading.Semaphore(0)
        self.started: list[str] = []
        self.policies: list[int | None] = []

    def __call__(self, phc: str, _password: str) -> bool:
        self.started.append(phc)
        self.policies.append(policy())
        assert self.may_end.acquire(timeout=60)
        if phc == "bad":
            raise ValueError(phc)
        return phc == "right"


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> Hashes:
    made = Hashes()
    monkeypatch.setattr("broker.authentication.passwords.hashing.verify_password", made)
    return made


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def wait_until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.001)


def waiting(hashing: PasswordHashing) -> int:
    return len(hashing._waiting)


def test_hashes_run_one_after_another_and_known_sources_first(
    hashes: Hashes, threads: ThreadPoolExecutor
) -> None:
    hashing = PasswordHashing(max_waiting=2, wait_seconds=60, idle_seconds=3600)
    running = threads.submit(hashing.verify, "right", "")
    wait_until(lambda: hashes.started == ["right"])
    unknown = threads.submit(hashing.verify, "unknown", "")
    wait_until(lambda: waiting(hashing) == 1)
    known = threads.submit(hashing.verify, "known", "", is_first=True)
    wait_until(lambda: waiting(hashing) == 2)
    with pytest.raises(Busy):
        hashing.verify("refused", "")
    with pytest.raises(Busy):
        hashing.require_room(is_first=False)
    hashes.may_end.release(3)
    assert (running.result(), unknown.result(), known.result()) == (True, False, False)
    assert hashes.started == ["right", "known", "unknown"]
    hashing.require_room(is_first=False)


def test_a_known_source_displaces_the_latest_unknown_one(
    hashes: Hashes, threads: ThreadPoolExecutor
) -> None:
    hashing = PasswordHashing(max_waiting=1, wait_seconds=60, idle_seconds=3600)
    threads.submit(hashing.verify, "right", "")
    wait_until(lambda: len(hashes.started) == 1)
    unknown = threads.submit(hashing.verify, "unknown", "")
    wait_until(lambda: waiting(hashing) == 1)
    hashing.require_room(is_first=True)
    known = threads.submit(hashing.verify, "known", "", is_first=True)
    with pytest.raises(Busy):
        unknown.result()
    with pytest.raises(Busy):
        hashing.verify("known too", "", is_first=True)
    with pytest.raises(Busy):
        hashing.require_room(is_first=True)
    hashes.may_end.release(2)
    known.result()
    assert hashes.started == ["right", "known"]


def test_a_request_waits_for_its_start_only(hashes: Hashes, threads: ThreadPoolExecutor) -> None:
    """The permit is released when the hash ends, not when its request gives up."""
    hashing = PasswordHashing(max_waiting=2, wait_seconds=0.01, idle_seconds=3600)
    running = threads.submit(hashing.verify, "right", "")
    wait_until(lambda: len(hashes.started) == 1)
    with pytest.raises(Busy):
        hashing.verify("late", "")
    assert waiting(hashing) == 0
    assert not running.done()
    hashes.may_end.release()
    assert running.result()


def test_an_error_reaches_its_request_and_ends_the_hash(hashes: Hashes) -> None:
    hashing = PasswordHashing(max_waiting=1, idle_seconds=3600)
    hashes.may_end.release(2)
    with pytest.raises(ValueError, match="bad"):
        hashing.verify("bad", "")
    assert hashing.verify("right", "")


def test_hashes_use_idle_time(hashes: Hashes) -> None:
    hashes.may_end.release()
    before = policy()
    PasswordHashing(max_waiting=1, idle_seconds=60).verify("right", "")
    assert hashes.policies == [getattr(os, "SCHED_IDLE", None)]
    assert policy() == before


def test_a_hash_without_idle_time_is_computed_at_normal_priority(
    hashes: Hashes, threads: ThreadPoolExecutor
) -> None:
    """Also the next ones, while the first one still waits for idle time."""
    hashing = PasswordHashing(max_waiting=2, wait_seconds=60, idle_seconds=0.01)
    first = threads.submit(hashing.verify, "right", "")
    wait_until(lambda: hashes.started == ["right", "right"])
    second = threads.submit(hashing.verify, "right", "")
    hashes.may_end.release(10)
    assert first.result()
    assert second.result()
    assert policy() in hashes.policies


def test_a_hash_verifies(threads: ThreadPoolExecutor) -> None:
    hashing = PasswordHashing(max_waiting=1)
    phc = hashing.hash("secret")
    assert hashing.verify(phc, "secret")
    assert not hashing.verify(phc, "other")
