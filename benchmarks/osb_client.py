"""A platform's calls over connections that stay open, with little client overhead."""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from benchmarks.cores import client_core, pinned_to
from benchmarks.http_requests import basic
from benchmarks.load import MeasurementSpoiledError
from benchmarks.measured_server import PASSWORD, USER
from tests.support.platform import APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

JsonObject = dict[str, Any]

_IDS = {"service_id": SERVICE_ID, "plan_id": APPLICATION}
_TIMEOUT_SECONDS = 30.0
_DONE = range(200, 202)


class Platform:
    """Sends Open Service Broker requests one after the other."""

    def __init__(self, port: int) -> None:
        """Connect with the first request."""
        self._connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
        self._headers = {
            "X-Broker-API-Version": "2.15",
            "Content-Type": "application/json",
            **basic(USER, PASSWORD),
        }

    def provision(self, parameters: JsonObject, organization: str = "") -> str:
        """Create an instance, in a new organization by default; return its id."""
        instance = str(uuid4())
        guids = {"organization_guid": organization or instance, "space_guid": instance}
        body = {**_IDS, **guids}
        self._send("PUT", f"/{instance}", {**body, "parameters": parameters})
        return instance

    def update(self, instance: str, parameters: JsonObject) -> None:
        """Change an instance."""
        self._send("PATCH", f"/{instance}", {**_IDS, "parameters": parameters})

    def bind(self, instance: str, parameters: JsonObject) -> str:
        """Create a binding; return its id."""
        binding = str(uuid4())
        path = f"/{instance}/service_bindings/{binding}"
        self._send("PUT", path, {**_IDS, "parameters": parameters})
        return binding

    def unbind(self, instance: str, binding: str) -> None:
        """Delete a binding."""
        self._send("DELETE", f"/{instance}/service_bindings/{binding}?{urlencode(_IDS)}", None)

    def fetch(self, instance: str, binding: str = "") -> None:
        """Fetch an instance, or one of its bindings."""
        path = f"/{instance}" + (f"/service_bindings/{binding}" if binding else "")
        self._send("GET", path, None)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _send(self, method: str, path: str, body: JsonObject | None) -> None:
        content = None if body is None else json.dumps(body)
        self._connection.request(method, f"/v2/service_instances{path}", content, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status not in _DONE:
            raise MeasurementSpoiledError(f"{method} {path}: {response.status} {answer!r}")


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls per second of all clients together, and the median time of one in milliseconds."""

    rate: float
    p50: float


def call(port: int, steps: Sequence[Callable[[Platform], bool]], seconds: float) -> Calls:
    """Repeat each step in its own thread for these seconds, or until it returns False."""
    times: list[float] = []
    failures: list[BaseException] = []

    def repeat(step: Callable[[Platform], bool]) -> None:
        with closing(Platform(port)) as platform:
            try:
                while (now := time.perf_counter()) < end and step(platform):
                    times.append(time.perf_counter() - now)
            except BaseException as error:  # noqa: BLE001 - raised below, in the right thread
                failures.append(error)

    with pinned_to(client_core()):
        began = time.perf_counter()
        end = began + seconds
        threads = [threading.Thread(target=repeat, args=(step,)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
    if failures:
        raise failures[0]
    if not times:
        raise MeasurementSpoiledError("no call ended within the time")
    return Calls(len(times) / took, median(times) * 1000)
