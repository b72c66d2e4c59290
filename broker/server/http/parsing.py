"""Incremental parsing of HTTP/1.1 requests with llhttp, the parser of Node.js (RFC 9112)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LINE_BYTES = 8190
"""Of a request target; a longer one is a 414."""

MAX_FIELD_BYTES = 48 * 1024
"""Of one header: a Bearer token of 16 KB, the maximum, and an escaped certificate of that size."""

MAX_HEAD_BYTES = 96 * 1024
MAX_HEADERS = 100
_MAX_PIPELINED = 32

_EXAMINED = frozenset({b"host", b"content-length", b"transfer-encoding", b"expect"})


class MalformedRequest(Exception):
    """A request that cannot be parsed; the connection cannot be used any more."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        """``reason`` is for the client and contains nothing that it sent."""
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(slots=True)
class HttpRequest:
    """A request as it was received; names and values of headers are not decoded.

    A body that is longer than accepted is cut off after that: the application refuses it.
    """

    method: str = ""
    target: bytes = b""
    version: str = "1.1"
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    keeps_connection: bool = False


class RequestParser:
    """Collects the requests of one connection; each is available when it is complete."""

    __slots__ = (
        *("requests", "is_receiving", "is_closed", "waits_for_continue"),
        *("_max_body", "_refuses_body", "_parser", "_request", "_in_body"),
        *("_body", "_head_bytes", "_framing_bytes"),
    )

    def __init__(
        self, max_body: int, refuses_body: Callable[[HttpRequest], bool] = lambda _: False
    ) -> None:
        """``max_body``: bytes of a body that are kept; longer ones are cut off there.

        ``refuses_body`` returns whether the application will refuse a request for its headers: it
        is complete without its body.
        """
        self.requests = deque[HttpRequest]()
        self.is_receiving = False
        """Whether a part of a request was received."""
        self.is_closed = False
        """Whether no further request can be read from this connection."""
        self.waits_for_continue = False
        """Whether the client waits for ``100 Continue`` before it sends the body."""
        self._max_body = max_body
        self._refuses_body = refuses_body
        self._in_body = False
        self._body = bytearray()
        self._head_bytes = 0
        self._framing_bytes = 0
        self._request = HttpRequest()
        self._parser = HttpRequestParser(self)

    @property
    def buffered(self) -> int:
        """Return the number of bytes held of a request that is not complete."""
        if not self.is_receiving:
            return 0
        return self._head_bytes + len(self._body) + self._framing_bytes

    def feed(self, data: bytes) -> None:
        """Parse received bytes; raise MalformedRequest."""
        if self.is_closed:
            return
        body_bytes = len(self._body)
        if not self._in_body:
            # An upper bound: the bytes may include the beginning of the body.
            self._head_bytes += len(data)
        rest = None
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            rest = data[upgrade.args[0] :]
        except HttpParserError as error:
            # Bytes after a request that closes the connection are ignored.
            if not self.is_closed:
                self.is_closed = True
                raise _malformed(error) from None
        if rest is not None:
            # Not while the exception is handled: it would hide the reason of a refusal.
            self._ignore_upgrade(rest)
            return
        if self._in_body:
            # Without a part of the body: chunk extensions or trailers.
            no_body = len(self._body) == body_bytes
            counted = self._framing_bytes + len(data) if no_body else 0
            self._framing_bytes = counted
        else:
            counted = self._head_bytes
            if self.is_receiving and not counted:
                # The beginning of a request that follows a complete one.
                self._head_bytes = len(data)
        if counted > MAX_HEAD_BYTES:
            self.is_closed = True
            raise MalformedRequest(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too long"
            )

    # Called by httptools.

    def on_message_begin(self) -> None:
        """Begin a request."""
        if self.is_closed or len(self.requests) >= _MAX_PIPELINED:
            raise MalformedRequest(HTTPStatus.BAD_REQUEST, "Too many pipelined requests")
        self.is_receiving = True

    def on_url(self, part: bytes) -> None:
        """Add a part of the request target."""
        self._request.target += part
        if len(self._request.target) > MAX_LINE_BYTES:
            raise MalformedRequest(
                HTTPStatus.REQUEST_URI_TOO_LONG, f"The URL is longer than {MAX_LINE_BYTES} bytes"
            )

    def on_header(self, name: bytes, value: bytes) -> None:
        """Add a header; trailers are ignored (RFC 9110 section 6.5.1)."""
        if self._in_body:
            return
        headers = self._request.headers
        headers.append((name, value))
        if len(name) + len(value) > MAX_FIELD_BYTES or len(headers) > MAX_HEADERS:
            raise MalformedRequest(
                HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
                f"At most {MAX_HEADERS} headers of {MAX_FIELD_BYTES} bytes are accepted",
            )

    def on_headers_complete(self) -> None:
        """Decide whether the body is read."""
        self._in_body = True
        request, parser = self._request, self._parser
        request.method = parser.get_method().decode()
        request.version = parser.get_http_version()
        if request.version not in ("1.0", "1.1"):
            raise MalformedRequest(
                HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Only HTTP/1.0 and HTTP/1.1 are supported"
            )
        hosts, length, has_body = 0, 0, False
        for name, value in request.headers:
            lower = name.lower()
            if lower not in _EXAMINED:
                continue
            if lower == b"host":
                hosts += 1
            elif lower == b"content-length":
                length = int(value)
                has_body = length > 0
            elif lower == b"transfer-encoding":
                has_body = True
                _check_coding(request.version, value)
            else:
                if value.lower() != b"100-continue":
                    raise MalformedRequest(
                        HTTPStatus.EXPECTATION_FAILED, "Only 100-continue can be expected"
                    )
                self.waits_for_continue = request.version == "1.1"
        if hosts != 1 and (hosts or request.version == "1.1"):
            raise MalformedRequest(HTTPStatus.BAD_REQUEST, "Exactly one Host header is required")
        if length > self._max_body or (has_body and self._refuses_body(request)):
            self._cut_off()

    def on_body(self, part: bytes) -> None:
        """Add a part of the body."""
        if self.is_closed:
            return
        self.waits_for_continue = False
        self._body += part
        if len(self._body) > self._max_body:
            self._cut_off()

    def on_message_complete(self) -> None:
        """Make the request available."""
        # llhttp completes a request to upgrade before its body, see _ignore_upgrade.
        if self.is_closed or self._parser.should_upgrade():
            return
        self._finish(keeps_connection=self._parser.should_keep_alive())

    def _cut_off(self) -> None:
        self._finish(keeps_connection=False)

    def _finish(self, *, keeps_connection: bool) -> None:
        request = self._request
        request.keeps_connection = keeps_connection
        request.body = bytes(self._body)
        self.requests.append(request)
        self.is_receiving = self.waits_for_continue = False
        self.is_closed = not keeps_connection
        self._begin()

    def _begin(self) -> None:
        self._request = HttpRequest()
        self._in_body = False
        self._body = bytearray()
        self._head_bytes = self._framing_bytes = 0

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Parse a request to upgrade, as Java's client sends it, without the upgrade."""
        request = self._request
        if request.method == "CONNECT":
            self.is_closed = True
            raise MalformedRequest(HTTPStatus.BAD_REQUEST, "CONNECT is not supported")
        kept = [
            name + b": " + value
            for name, value in request.headers
            if name.lower() not in (b"upgrade", b"http2-settings", b"connection")
        ]
        connection = b", ".join(
            option
            for name, value in request.headers
            if name.lower() == b"connection"
            for option in map(bytes.strip, value.split(b","))
            if option.lower() in (b"close", b"keep-alive")
        )
        kept += [b"Connection: " + connection] if connection else []
        method, version = request.method.encode(), request.version.encode()
        line = b"%s %s HTTP/%s" % (method, request.target, version)
        self._begin()
        self._parser = HttpRequestParser(self)
        self.feed(b"\r\n".join([line, *kept, b"", b""]) + rest)


def _check_coding(version: str, value: bytes) -> None:
    """Refuse a body whose end proxies may find elsewhere (RFC 9112 section 6.1)."""
    if version == "1.0":
        raise MalformedRequest(
            HTTPStatus.BAD_REQUEST, "HTTP/1.0 does not define the Transfer-Encoding header"
        )
    if value.strip().lower() != b"chunked":
        raise MalformedRequest(
            HTTPStatus.NOT_IMPLEMENTED, "Only the transfer coding chunked is supported"
        )


def _malformed(error: HttpParserError) -> MalformedRequest:
    """Return the refusal: the parser raises its own error around one of this module."""
    context = error.__context__
    while context is not None and not isinstance(context, MalformedRequest):
        context = context.__context__
    return context or MalformedRequest(HTTPStatus.BAD_REQUEST, f"Malformed request: {error}")
