"""The WSGI environment of a request (PEP 3333)."""

from __future__ import annotations

import io
import re
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.server.http.parsing import HttpRequest

CONNECTION = "broker.connection"
"""The environment's name for the socket of the client, an ``SSLSocket`` on the TLS listener."""

RAW_PATH = "RAW_URI"
"""The environment's name for a path with percent-encoded characters, as it was received.

Other servers have the same name for path and query of every request.
"""

_MAX_NAMES = 1024
_MAX_NAME_BYTES = 64

_AFTER_AUTHORITY = re.compile(rb"[/?#]")

_names: dict[bytes, str | None] = {}
"""The WSGI names of headers that were received, None for ignored ones."""


def connection_environ(
    connection: Any, peer: tuple[Any, ...], local: tuple[Any, ...], scheme: str
) -> dict[str, Any]:
    """Return what the environments of all requests of a connection have in common."""
    return {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        # The input ends where the body ends, also without a Content-Length.
        "wsgi.input_terminated": True,
        "SCRIPT_NAME": "",
        "SERVER_NAME": str(local[0]),
        "SERVER_PORT": str(local[1]),
        "REMOTE_ADDR": str(peer[0]),
        "REMOTE_PORT": str(peer[1]),
        CONNECTION: connection,
    }


def request_environ(common: Mapping[str, Any], request: HttpRequest) -> dict[str, Any]:
    """Return the environment of a request.

    A header with an underscore in its name is ignored: its WSGI name is that of another header,
    which a proxy may have set (D-33). Headers that are repeated are joined by commas.
    """
    target = request.target
    authority = b""
    if not target.startswith(b"/"):
        authority, target = _split_absolute(target)
    path, _, query = target.partition(b"#")[0].partition(b"?")
    raw = path
    if b"%" in path:
        path = unquote_to_bytes(path)
    environ: dict[str, Any] = {
        **common,
        "REQUEST_METHOD": request.method,
        "PATH_INFO": path.decode("latin-1"),
        "QUERY_STRING": query.decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{request.version}",
        "wsgi.input": io.BytesIO(request.body),
    }
    if raw is not path:
        # A slash within a segment cannot be recognised in the decoded path.
        environ[RAW_PATH] = raw.decode("latin-1")
    for name, value in request.headers:
        variable = _names[name] if name in _names else _variable(name)
        if variable is not None:
            text = value.decode("latin-1")
            known = environ.get(variable)
            environ[variable] = text if known is None else f"{known},{text}"
    if authority:
        environ["HTTP_HOST"] = authority.decode("latin-1")
    return environ


def _split_absolute(target: bytes) -> tuple[bytes, bytes]:
    """Return the authority of a target in absolute form, and its path and query.

    The authority replaces the Host header (RFC 9112 section 3.2.2); it is empty for ``*``.
    """
    rest = target.partition(b"://")[2]
    if not rest:
        return b"", target
    found = _AFTER_AUTHORITY.search(rest)
    end = found.start() if found else len(rest)
    path = rest[end:] if rest[end : end + 1] == b"/" else b"/" + rest[end:]
    return rest[:end].rpartition(b"@")[2], path


def _variable(name: bytes) -> str | None:
    """Return the WSGI name of a header, None if it is ignored."""
    if b"_" in name:
        variable = None
    else:
        text = name.decode("latin-1").upper().replace("-", "_")
        variable = text if text in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{text}"
    if len(_names) < _MAX_NAMES and len(name) <= _MAX_NAME_BYTES:
        _names[name] = variable
    return variable
