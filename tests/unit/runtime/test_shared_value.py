"""A value in memory that forked processes share."""

from __future__ import annotations

import os
import threading

import pytest

from broker.runtime.shared_value import SharedValue


def test_nothing_is_published_at_first() -> None:
    value = SharedValue(10)
    assert value.generation == 0
    assert value.read() == (0, b"")


def test_the_latest_value_is_read() -> None:
    value = SharedValue(10)
    for number, text in enumerate([b"a longer 1", b"b", b""], 1):
        value.publish(text)
        assert value.generation == number
        assert value.read() == (number, text)


def test_a_longer_value_is_refused_and_changes_nothing() -> None:
    value = SharedValue(3)
    value.publish(b"abc")
    with pytest.raises(ValueError, match="4 bytes"):
        value.publish(b"abcd")
    assert value.read() == (1, b"abc")


def test_a_forked_process_reads_what_is_published_later() -> None:
    value = SharedValue(10)
    ready, done = os.pipe(), os.pipe()
    if os.fork() == 0:
        os.read(ready[0], 1)
        os.write(done[1], value.read()[1])
        os._exit(0)
    value.publish(b"later")
    os.write(ready[1], b"x")
    assert os.read(done[0], 10) == b"later"
    for descriptor in (*ready, *done):
        os.close(descriptor)
    os.wait()


def test_a_value_is_never_read_in_part() -> None:
    value = SharedValue(10_000)
    stop = threading.Event()

    def publish() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            value.publish(bytes([number % 256]) * (1 + number % 10_000))

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        for _ in range(2_000):
            assert len(set(value.read()[1])) <= 1
    finally:
        stop.set()
        thread.join()
