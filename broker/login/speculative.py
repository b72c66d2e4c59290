"""Requests that must have no effect: HEAD, and prefetches of browsers (I-69, D-42)."""

from __future__ import annotations

from http import HTTPStatus

from flask import Response, request

_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
_PURPOSES = ("prefetch", "prerender", "preview")


def refuse_speculative() -> Response | None:
    """Return the response to a request without effect, None for any other request.

    A browser discards a failed prefetch and sends the request again when the user opens the link.
    """
    if request.method == "HEAD":
        return _empty(HTTPStatus.NO_CONTENT)
    stated = " ".join(request.headers.get(name, "")[:100].lower() for name in _HEADERS)
    if any(purpose in stated for purpose in _PURPOSES):
        return _empty(HTTPStatus.SERVICE_UNAVAILABLE)
    return None


def _empty(status: HTTPStatus) -> Response:
    return Response(status=status, headers={"Cache-Control": "no-store"})
