"""A load at a fixed rate, whether or not the server keeps up: times begin when a request is due."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.cores import client_core, pinned_to
from benchmarks.load import Load, MeasurementSpoiledError

if TYPE_CHECKING:
    from collections.abc import Sequence

_CONNECTIONS = 64
_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_PATIENCE_SECONDS = 60.0


def run(url: str, requests: Sequence[bytes], *, rate: float, seconds: float) -> Load:
    """Send random requests at this rate in a process of its own, on the client's core.

    Raises MeasurementSpoiledError if a response is not 200.
    """
    with pinned_to(client_core()):
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, context) as pool:
            times = pool.submit(_measure, url, requests, rate, seconds).result()
    times.sort()
    return Load(len(times), len(times) / seconds, _quantile(times, 0.5), _quantile(times, 0.99))


def _quantile(times: Sequence[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] * 1000


def _measure(url: str, requests: Sequence[bytes], rate: float, seconds: float) -> list[float]:
    return asyncio.run(_send_all(url, requests, rate, seconds))


async def _send_all(
    url: str, requests: Sequence[bytes], rate: float, seconds: float
) -> list[float]:
    address = urlsplit(url)
    idle: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    for _ in range(_CONNECTIONS):
        idle.put_nowait(await asyncio.open_connection(address.hostname, address.port))
    times: list[float] = []
    running: set[asyncio.Task[None]] = set()

    async def send(due: float) -> None:
        reader, writer = await idle.get()
        writer.write(random.choice(requests))
        await _read_response(reader)
        times.append(time.perf_counter() - due)
        idle.put_nowait((reader, writer))

    began = time.perf_counter()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(send(due))
        running.add(task)
        task.add_done_callback(running.discard)
    await asyncio.wait_for(asyncio.gather(*running), _PATIENCE_SECONDS)
    return times


async def _read_response(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(_END)
    if not head.startswith(b"HTTP/1.1 200 "):
        raise MeasurementSpoiledError(f"a token request returned {head[:80]!r}")
    lower = head.lower()
    start = lower.index(_LENGTH) + len(_LENGTH)
    await reader.readexactly(int(lower[start : lower.index(b"\r", start)]))
