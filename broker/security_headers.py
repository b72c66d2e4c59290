"""What every answer says to browsers, caches and proxies, whichever endpoint gave it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response

NO_SNIFFING = ("X-Content-Type-Options", "nosniff")
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")
"""A year. Hosts below ours are not ours to decide about."""


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """``strict_transport``: whether hosts are served by HTTPS alone (RFC 6797), said on HTTPS only.

    It must be False where a browser also needs plain HTTP, such as on localhost.
    """

    strict_transport: bool

    def of(self, environ: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return what the answer to this request says in any case."""
        if self.strict_transport and environ["wsgi.url_scheme"] == "https":
            return [NO_SNIFFING, STRICT_TRANSPORT]
        return [NO_SNIFFING]

    def add_to(self, app: Flask) -> None:
        """Have every answer carry them; what an endpoint says about caches itself stays."""

        # Hooks run in reverse order: this must be registered before those that it looks after.
        @app.after_request
        def secure(response: Response) -> Response:
            for header in self.of(request.environ):
                response.headers.set(*header)
            if "Cache-Control" not in response.headers:
                # Answers hold credentials and tokens. One with an ETag may be kept and asked for
                # again.
                kept = "ETag" in response.headers
                response.headers.set("Cache-Control", "private, no-cache" if kept else "no-store")
            return response
