"""The reference page of ``xs-security.json``, to which the catalog links."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, request

from broker.descriptor.reports.reference_page import reference_page

PATH = "/docs/xs-security.md"


def reference() -> Blueprint:
    """Return the page, without authentication; it is the same for all readers."""
    blueprint = Blueprint("reference", __name__)

    @blueprint.get(PATH)
    def show() -> Response:
        # Browsers show plain text, and download Markdown.
        response = Response(_page(), content_type="text/plain; charset=utf-8")
        response.add_etag()
        response.make_conditional(request)
        # The server adds its own.
        del response.headers["Date"]
        return response

    return blueprint


@cache
def _page() -> str:
    return reference_page()
