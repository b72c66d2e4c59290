"""The stylesheet and the icon of the pages, at URLs that name their content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from flask import Blueprint

_FOLDER = Path(__file__).parent
_STYLE = (_FOLDER / "style.css").read_bytes()
_ICON = (_FOLDER / "icon.svg").read_bytes()


def _tag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


STYLE_URL = f"/login/style-{_tag(_STYLE)}.css"
ICON_URL = f"/login/icon-{_tag(_ICON)}.svg"
_FILES = {
    "css": (_STYLE, "text/css; charset=utf-8"),
    "svg": (_ICON, "image/svg+xml"),
}


def add_stylesheet(blueprint: Blueprint) -> None:
    """Add the endpoints of both files."""

    @blueprint.get("/login/style-<tag>.css")
    def style(tag: str) -> Response:
        return _file("css", tag)

    @blueprint.get("/login/icon-<tag>.svg")
    def icon(tag: str) -> Response:
        return _file("svg", tag)


def _file(kind: str, tag: str) -> Response:
    """Return the file; browsers keep it for a year if the tag is that of its content.

    During a rolling upgrade the page may come from another version: its tag differs.
    """
    content, content_type = _FILES[kind]
    response = Response(content, content_type=content_type)
    is_current = tag == _tag(content)
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if is_current else "no-store"
    )
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response
