"""Requests written byte by byte, as no HTTP library would send them."""

from __future__ import annotations

import http.client
import io
import select
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_CHUNK = 65_536


@dataclass(frozen=True)
class WireRequest:
    """The parts of a request; ``path`` begins with /v2."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def head(self, authority: str, prefix: str, *, is_last: bool) -> bytes:
        """Return everything before the body, as it is sent."""
        lines = [f"{self.method} {prefix}{self.path} HTTP/1.1", f"Host: {authority}"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.body and not any(name.lower() in _FRAMING for name, _ in self.headers):
            lines.append(f"Content-Length: {len(self.body)}")
        if is_last:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


@dataclass(frozen=True)
class WireResponse:
    """The parts of a response."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def closes(self) -> bool:
        """Whether the server announces that it closes the connection."""
        return self.headers.get("Connection", "").lower() == "close"


class Wire:
    """Connections to the server of a URL."""

    def __init__(self, url: str, *, timeout: float, verify: bool | str) -> None:
        """Take the address; ``verify`` as in requests."""
        parts = urlsplit(url)
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._authority = parts.netloc
        self._prefix = parts.path.rstrip("/")
        self._tls = _tls_context(verify) if parts.scheme == "https" else None
        self._timeout = timeout

    def exchange(
        self, requests: Sequence[WireRequest]
    ) -> Iterator[tuple[WireRequest, WireResponse]]:
        """Send requests on one connection, each after the response to the previous one."""
        with self._connect() as connection:
            for request in requests:
                is_last = request is requests[-1]
                connection.sendall(request.head(self._authority, self._prefix, is_last=is_last))
                response = _read(connection, _send(connection, request.body))
                yield request, response
                if response.closes:
                    break

    def _connect(self) -> socket.socket:
        connection = socket.create_connection((self._host, self._port), timeout=self._timeout)
        if self._tls is None:
            return connection
        return self._tls.wrap_socket(connection, server_hostname=self._host)


_FRAMING = {"content-length", "transfer-encoding"}


class _Received(io.BytesIO):
    """The received bytes, in place of the socket that http.client reads."""

    def makefile(self, _mode: str) -> _Received:
        return self


def _send(connection: socket.socket, body: bytes) -> bytes:
    """Send the body and return bytes received meanwhile: a server may refuse it and close."""
    with suppress(ConnectionError, ssl.SSLError):
        for start in range(0, len(body), _CHUNK):
            if early := _arrived(connection):
                return early
            connection.sendall(body[start : start + _CHUNK])
    return b""


def _arrived(connection: socket.socket) -> bytes:
    """Return the bytes that can be read without waiting; may be empty on TLS connections."""
    if not select.select([connection], [], [], 0)[0]:
        return b""
    waiting = connection.gettimeout()
    connection.settimeout(0)
    try:
        return connection.recv(_CHUNK)
    except (BlockingIOError, ssl.SSLWantReadError):
        return b""
    finally:
        connection.settimeout(waiting)


def _read(connection: socket.socket, early: bytes) -> WireResponse:
    received = bytearray(early)
    # A reset after an unread body may cut off the rest of a response.
    with suppress(ConnectionError, ssl.SSLError):
        while not _is_complete(received) and (part := connection.recv(_CHUNK)):
            received += part
    return _parsed(bytes(received))


def _is_complete(received: bytearray) -> bool:
    """Return whether the whole response has arrived: not every server closes the connection."""
    head, end, content = bytes(received).partition(b"\r\n\r\n")
    if not end:
        return False
    status, *lines = head.lower().split(b"\r\n")
    for line in lines:
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return len(content) >= int(value)
        if name == b"transfer-encoding":
            return content.endswith(b"0\r\n\r\n")
    return b" 304" in status or b" 204" in status


def _parsed(received: bytes) -> WireResponse:
    response = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type]
    try:
        response.begin()
        content = response.read()
    except (http.client.HTTPException, ValueError) as error:
        raise ConnectionError(f"no HTTP response: {type(error).__name__}") from None
    return WireResponse(response.status, CaseInsensitiveDict(response.getheaders()), content)


def _tls_context(verify: bool | str) -> ssl.SSLContext:  # noqa: FBT001 - as requests has it
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
