"""What every answer says to browsers, caches and proxies, whichever endpoint gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

NO_SNIFFING = ("X-Content-Type-Options", "nosniff")
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")
"""A year. Hosts below ours are not ours to decide about."""


def add_security_headers(app: Flask, *, strict_transport: bool) -> None:
    """Have every answer carry them; what an endpoint says about caches itself stays.

    ``strict_transport``: whether hosts are served by HTTPS alone (RFC 6797), said on HTTPS only. It
    must be False where a browser also needs plain HTTP, such as on localhost.
    """

    # Hooks run in reverse order: this one must be registered before those that it looks after.
    @app.after_request
    def secure(response: Response) -> Response:
        response.headers.set(*NO_SNIFFING)
        if "Cache-Control" not in response.headers:
            # Answers hold credentials and tokens. One with an ETag may be kept and asked for again.
            kept = "ETag" in response.headers
            response.headers.set("Cache-Control", "private, no-cache" if kept else "no-store")
        if strict_transport and request.is_secure:
            response.headers.set(*STRICT_TRANSPORT)
        return response
