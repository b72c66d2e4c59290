"""Keys of managed certificates: each is unique, large ones are generated sequentially (D-20)."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from broker.errors import Busy
from broker.pki import keys
from broker.pki.keys import POOLED_BITS, KeyMaker, private_key_pem
from broker.runtime.deadline import clear_deadline, set_deadline
from tests.support.keys import ready_key
from tests.support.scheduling import policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric import rsa

# The thread that generates keys has the lowest priority: minutes on a busy machine.
PATIENCE = 3600.0


@pytest.fixture(autouse=True)
def _no_deadline() -> Iterator[None]:
    yield
    clear_deadline()


def test_every_key_is_unique() -> None:
    maker = KeyMaker(PATIENCE)
    with ThreadPoolExecutor(4) as clients:
        made = list(clients.map(maker.key, [2048] * 16))
    assert len({private_key_pem(key) for key in made}) == 16
    assert {key.key_size for key in made} == {2048}
    assert all(private_key_pem(key).startswith("-----BEGIN RSA PRIVATE KEY") for key in made[:2])


def test_large_keys_are_generated_sequentially(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = threading.Semaphore(0), []
    ready = [ready_key(POOLED_BITS, number) for number in range(6)]

    def watched(bits: int) -> rsa.RSAPrivateKey:
        if bits == POOLED_BITS:
            return ready[0]
        running.release()
        most.append(running._value)
        time.sleep(0.01)
        running.acquire()
        return ready[len(most) - 1]

    monkeypatch.setattr(keys, "_generate", watched)
    maker = KeyMaker(PATIENCE)
    with ThreadPoolExecutor(6) as clients:
        made = list(clients.map(maker.key, [4096] * 6))
    assert len({private_key_pem(key) for key in made}) == 6
    assert most == [1] * 6


def test_a_timeout_for_a_large_key_is_reported_as_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on, ready = threading.Event(), threading.Event(), ready_key(POOLED_BITS)
    made = []

    def slow(bits: int) -> rsa.RSAPrivateKey:
        # Key generators of other tests may still be filling their pools.
        if bits == POOLED_BITS:
            return ready
        made.append(bits)
        begun.set()
        assert go_on.wait(PATIENCE)
        return ready

    def patiently(bits: int) -> rsa.RSAPrivateKey:
        set_deadline(PATIENCE)
        return maker.key(bits)

    monkeypatch.setattr(keys, "_generate", slow)
    maker = KeyMaker(0.01)
    with ThreadPoolExecutor(1) as first:
        waited_for = first.submit(patiently, 8192)
        assert begun.wait(PATIENCE)
        with pytest.raises(Busy, match="6144 bits"):
            maker.key(6144)
        set_deadline(0.01)
        with pytest.raises(Busy, match="4096 bits"):
            maker.key(4096)
        clear_deadline()
        assert maker.key(POOLED_BITS).key_size == POOLED_BITS, "the common size does not wait"
        go_on.set()
        assert waited_for.result().key_size == POOLED_BITS
    patiently(3072)
    assert made == [8192, 3072], "cancelled orders are skipped"


def test_keys_are_generated_with_the_lowest_priority(monkeypatch: pytest.MonkeyPatch) -> None:
    policies = []
    ready = ready_key(POOLED_BITS)

    def watched(bits: int) -> rsa.RSAPrivateKey:
        if bits != POOLED_BITS:
            policies.append(policy())
        return ready

    monkeypatch.setattr(keys, "_generate", watched)
    KeyMaker(PATIENCE).key(3072)
    assert policies == [getattr(os, "SCHED_IDLE", None)]
