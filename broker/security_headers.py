"""Security headers of every response, for browsers, caches and proxies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask, Response

NO_SNIFFING = ("X-Content-Type-Options", "nosniff")
STRICT_TRANSPORT = ("Strict-Transport-Security", "max-age=31536000")
"""One year, without ``includeSubDomains``: subdomains may belong to other owners."""


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    """The headers of one deployment.

    ``strict_transport``: whether HTTPS responses carry HSTS (RFC 6797). It must be False where
    browsers also use plain HTTP, such as on localhost.
    """

    strict_transport: bool

    def of(self, environ: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the headers that every response to this request carries."""
        if self.strict_transport and environ["wsgi.url_scheme"] == "https":
            return [NO_SNIFFING, STRICT_TRANSPORT]
        return [NO_SNIFFING]

    def add_to(self, app: Flask) -> None:
        """Add the headers to every response; ``Cache-Control`` of an endpoint is kept."""

        # Hooks run in reverse order of registration: register this one first.
        @app.after_request
        def secure(response: Response) -> Response:
            for header in self.of(request.environ):
                response.headers.set(*header)
            if "Cache-Control" not in response.headers:
                # Responses contain credentials and tokens; one with an ETag may be stored and
                # revalidated.
                kept = "ETag" in response.headers
                response.headers.set("Cache-Control", "private, no-cache" if kept else "no-store")
            return response
