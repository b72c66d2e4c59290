"""The body of the current HTTP request: reads it, and records that it was read."""

from __future__ import annotations

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

_WAS_READ = "xsuaa_body_was_read"


def read_body(*, cache: bool = True) -> bytes:
    """Return the body, bounded by Flask's MAX_CONTENT_LENGTH; ``cache`` keeps it for Flask's forms.

    Raises RequestEntityTooLarge.
    """
    data = request.get_data(cache=cache)
    setattr(g, _WAS_READ, True)
    is_chunked = request.content_length is None and request.environ.get("wsgi.input_terminated")
    # The framework cuts a body in chunks off at the limit.
    if is_chunked and request.environ["wsgi.input"].read(1):
        raise RequestEntityTooLarge
    return data


def has_unread_body() -> bool:
    """Return whether the client sent a body that was left unread.

    The rest of it would be parsed as the next request on the connection.
    """
    has_body = request.content_length or "Transfer-Encoding" in request.headers
    return bool(has_body) and not g.get(_WAS_READ, False)
