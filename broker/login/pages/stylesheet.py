"""The stylesheet and the icon of the pages, at URLs that name their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response

if TYPE_CHECKING:
    from flask import Blueprint

_FOLDER = Path(__file__).parent
PALETTE = (_FOLDER / "palette.css").read_bytes()
"""The colours of all pages, light and dark."""


@dataclass(frozen=True, slots=True)
class HashedFile:
    """A file at ``<stem>-<hash of its content>.<suffix>``."""

    stem: str
    suffix: str
    content: bytes
    content_type: str

    @property
    def url(self) -> str:
        """The path."""
        return f"{self.stem}-{self._tag}.{self.suffix}"

    @property
    def _tag(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]

    def add_to(self, blueprint: Blueprint) -> None:
        """Add the endpoint."""
        name = f"{self.stem}-{self.suffix}".strip("/").replace("/", "-")
        blueprint.add_url_rule(f"{self.stem}-<tag>.{self.suffix}", name, self.response)

    def response(self, tag: str) -> Response:
        """Return the file; browsers keep it for a year if the tag is that of its content.

        During a rolling upgrade the page may come from another version: its tag differs.
        """
        response = Response(self.content, content_type=self.content_type)
        is_current = tag == self._tag
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if is_current else "no-store"
        )
        response.headers["Content-Security-Policy"] = "default-src 'none'"
        return response


def stylesheet(stem: str, rules: bytes) -> HashedFile:
    """Return the stylesheet with these rules after the colours."""
    return HashedFile(stem, "css", PALETTE + rules, "text/css; charset=utf-8")


_STYLE = stylesheet("/login/style", (_FOLDER / "style.css").read_bytes())
_ICON = HashedFile("/login/icon", "svg", (_FOLDER / "icon.svg").read_bytes(), "image/svg+xml")
STYLE_URL, ICON_URL = _STYLE.url, _ICON.url


def add_stylesheet(blueprint: Blueprint) -> None:
    """Add the endpoints of both files."""
    _STYLE.add_to(blueprint)
    _ICON.add_to(blueprint)
