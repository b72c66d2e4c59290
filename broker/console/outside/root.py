"""``/``: what this service is, and where its console, APIs and documents are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.api.openapi.endpoints import DOCUMENT_PATH, PAGE_PATH
from broker.console.frame import HOME, Frame
from broker.console.rendering import texts_of_request, view_response
from broker.console.view import View
from broker.login.pages.views import ACCOUNT
from broker.osb.reference import PATH as REFERENCE

if TYPE_CHECKING:
    from flask import Blueprint, Response

    from broker.clock import Clock

_LINKS = (
    (HOME, "root.console"),
    (ACCOUNT, "root.account"),
    (PAGE_PATH, "root.api"),
    (DOCUMENT_PATH, "root.openapi"),
    (REFERENCE, "root.reference"),
    ("/.well-known/openid-configuration", "root.discovery"),
    ("/healthz", "root.health"),
)
"""Paths with the keys of their labels."""


def add_root(blueprint: Blueprint, clock: Clock, *, is_secure: bool) -> None:
    """Serve the page."""

    @blueprint.get("/")
    def root() -> Response:
        t = texts_of_request(clock.now())
        view = View(template="root", model=_LINKS)
        return view_response(view, Frame(title=t("root.title"), path="/"), t, is_secure=is_secure)
