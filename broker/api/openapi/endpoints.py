"""``/openapi.json``, and a page of the same operations for readers."""

from __future__ import annotations

from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from broker.api.openapi.document import openapi_document
from broker.compact_json import compact_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from broker.api.route import Route

DOCUMENT_PATH = "/openapi.json"
PAGE_PATH = "/docs/administration-api"

_TEMPLATES = Path(__file__).parent / "templates"


class Documentation:
    """Serves both without authentication; they contain nothing of any zone."""

    def __init__(
        self,
        routes: Sequence[Route],
        server: str,
        token_url: str,
        style_url: str,
        page_headers: Sequence[tuple[str, str]],
    ) -> None:
        """``server`` and ``token_url`` are the addresses in the document.

        ``style_url`` and ``page_headers`` are those of the product's pages.
        """
        self._routes, self._server, self._token_url = routes, server, token_url
        self._style_url, self._page_headers = style_url, page_headers

    @cached_property
    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return openapi_document(self._routes, self._server, self._token_url)

    @cached_property
    def _json(self) -> bytes:
        return compact_json(self.document)

    @cached_property
    def _page(self) -> str:
        environment = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        return environment.get_template("reference.html").render(
            document=self.document,
            document_path=DOCUMENT_PATH,
            style_url=self._style_url,
            token_url=self._token_url,
            tags=[
                (tag, list(routes)) for tag, routes in groupby(self._routes, lambda each: each.tag)
            ],
        )

    def blueprint(self) -> Blueprint:
        """Return the endpoints."""
        blueprint = Blueprint("openapi", __name__)

        @blueprint.get(DOCUMENT_PATH)
        def document() -> Response:
            return _revalidated(Response(self._json, content_type="application/json"))

        @blueprint.get(PAGE_PATH)
        def page() -> Response:
            response = Response(self._page, content_type="text/html; charset=utf-8")
            for header in self._page_headers:
                response.headers.set(*header)
            return response

        return blueprint


def _revalidated(response: Response) -> Response:
    response.add_etag()
    response.make_conditional(request)
    # The server adds its own.
    del response.headers["Date"]
    return response
