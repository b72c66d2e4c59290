"""Clients that keep a server under load and record the result of every request."""

from __future__ import annotations

import base64
import json
import select
import ssl
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import repeat
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode

from tests.support.hosts import Hosts
from tests.support.platform import (
    APPLICATION,
    ORGANIZATION,
    SERVICE_ID,
    SPACE,
    PlatformClient,
    a_descriptor,
    a_guid,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.application import Credentials
    from tests.support.server import Server

Listener = Literal["http", "tls"]

_TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
class Call:
    """One request and the only acceptable status."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: str = ""


@dataclass
class Tally:
    """The results of one client's requests and connections."""

    answered: int = 0
    refused: bool = False
    """Whether the last connection was refused: the server has ended, and nothing was sent."""
    broken_before: list[str] = field(default_factory=list)
    """Connections that were accepted and then closed before the request was sent."""
    broken_after: list[str] = field(default_factory=list)
    """Requests without a complete response: these are lost."""
    wrong: list[str] = field(default_factory=list)
    """Responses with an unexpected status."""


class Client(threading.Thread):
    """Sends one call after the other until the server refuses its connections or a call fails."""

    def __init__(
        self, server: Server | Hosts, listener: Listener, calls: Iterator[Call], *, kept_alive: bool
    ) -> None:
        super().__init__()
        self.tally = Tally()
        self._calls = calls
        self._kept_alive = kept_alive
        self._connection = open_connection(server, listener)

    def run(self) -> None:
        """Send the calls."""
        try:
            for call in self._calls:
                if not (self._is_connected() and self._is_answered(call)):
                    return
        finally:
            self._connection.close()

    def _is_connected(self) -> bool:
        if self._connection.sock is not None:
            # A client looks before it sends: a closed connection is readable, an idle one is not.
            if self._kept_alive and not select.select([self._connection.sock], [], [], 0)[0]:
                return True
            self._connection.close()
        while True:
            try:
                self._connection.connect()
            except ConnectionRefusedError:
                self.tally.refused = True
                return False
            except OSError as error:
                self.tally.broken_before.append(repr(error))
                self._connection.close()
            else:
                return True

    def _is_answered(self, call: Call) -> bool:
        try:
            self._connection.request(call.method, call.path, call.body, call.headers)
            response = self._connection.getresponse()
            json.loads(response.read())
        except (OSError, HTTPException, ValueError) as error:
            self.tally.broken_after.append(f"{call.method} {call.path}: {error!r}")
            return False
        self.tally.answered += 1
        if response.status != call.status:
            self.tally.wrong.append(f"{call.method} {call.path}: {response.status}")
        return response.status == call.status


def open_connection(server: Server | Hosts, listener: Listener) -> HTTPConnection:
    """Return a connection to a listener that is not connected yet."""
    if listener == "http" or isinstance(server, Hosts):
        return HTTPConnection("127.0.0.1", server.port, timeout=_TIMEOUT_SECONDS)
    context = ssl.create_default_context(cafile=str(server.ca_file))
    return HTTPSConnection("127.0.0.1", server.tls_port, timeout=_TIMEOUT_SECONDS, context=context)


def status_of(server: Server, listener: Listener, call: Call) -> int:
    """Send one request over a connection of its own; return the status of the response."""
    with closing(open_connection(server, listener)) as connection:
        connection.request(call.method, call.path, call.body, call.headers)
        response = connection.getresponse()
        response.read()
        return response.status


def token_call(credentials: Credentials) -> Call:
    """Return a token request."""
    headers = {
        "Authorization": _basic(credentials["clientid"], credentials["clientsecret"]),
        "Content-Type": "application/x-www-form-urlencoded",
    }
    return Call("POST", "/oauth/token", 200, headers, "grant_type=client_credentials")


def token_calls(credentials: Credentials) -> Iterator[Call]:
    """Yield token requests endlessly."""
    return repeat(token_call(credentials))


def platform_calls(server: Server | Hosts) -> Iterator[Call]:
    """Yield a platform's requests for one service instance after another, endlessly."""
    headers = {
        "Authorization": _basic(server.user, server.password),
        "Content-Type": "application/json",
        "X-Broker-API-Version": "2.15",
    }
    ids = {"service_id": SERVICE_ID, "plan_id": APPLICATION}
    provision = {**ids, "organization_guid": ORGANIZATION, "space_guid": SPACE}
    query = urlencode(ids)
    while True:
        instance = f"/v2/service_instances/{a_guid()}"
        binding = f"{instance}/service_bindings/{a_guid()}"
        body = json.dumps({**provision, "parameters": a_descriptor()})
        yield Call("PUT", instance, 201, headers, body)
        yield Call("PUT", binding, 201, headers, json.dumps(ids))
        yield Call("DELETE", f"{binding}?{query}", 200, headers)
        yield Call("DELETE", f"{instance}?{query}", 200, headers)


class PartialRequest:
    """A token request that is sent in two parts."""

    def __init__(self, server: Server, listener: Listener, call: Call) -> None:
        """Send everything but the last byte."""
        self._connection = open_connection(server, listener)
        self._last = call.body[-1:].encode()
        self._connection.putrequest(call.method, call.path)
        for name, value in {**call.headers, "Content-Length": str(len(call.body))}.items():
            self._connection.putheader(name, value)
        self._connection.endheaders(call.body[:-1].encode())

    def finish(self) -> int | None:
        """Send the rest; return the status, None if the request is lost."""
        with suppress(OSError, HTTPException, ValueError):
            self._connection.send(self._last)
            response = self._connection.getresponse()
            json.loads(response.read())
            return response.status
        return None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def new_key(server: Server, password: str = "") -> Credentials:
    """Create an instance with a service key; return its credentials."""
    platform = PlatformClient(server.url, server.user, password or server.password)
    instance = a_guid()
    assert platform.provision(instance, a_descriptor()).status_code == 201
    bound: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
    return bound | {"url": server.url}


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
