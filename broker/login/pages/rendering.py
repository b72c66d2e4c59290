"""Pages as responses: templates, language and headers."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from broker.login.pages import views
from broker.login.pages.headers import page_headers
from broker.login.pages.language import Texts, language_of
from broker.login.pages.stylesheet import ICON_URL, STYLE_URL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from broker.login.pages.views import Page

TEMPLATES = Path(__file__).parent / "templates"


class Pages:
    """Renders pages in the language of the current request."""

    def response(
        self,
        page: Page,
        *,
        status: int = 200,
        form_targets: Iterable[str] = (),
        frame_ancestors: Iterable[str] = (),
        ui_locales: str = "",
    ) -> Response:
        """Return the page; ``ui_locales`` is the parameter of the authorization request.

        ``form_targets`` and ``frame_ancestors`` as of ``page_headers``.
        """
        language = language_of(
            ui_locales or request.args.get("ui_locales", ""), request.accept_languages
        )
        response = page_response(rendered(page, language), language, status=status)
        for header in page_headers(form_targets, frame_ancestors):
            response.headers.set(*header)
        return response


def rendered(page: Page, language: str) -> str:
    """Return the page as HTML."""
    texts = Texts(language)
    return _environment().get_template(f"{page.template}.html").render(page=page, t=texts)


def page_response(html: str, language: str, *, status: int = 200) -> Response:
    """Return the page without its security headers."""
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Language"] = language
    return response


def template_environment(folder: Path, **values: object) -> Environment:
    """Return the environment of the templates in the folder, which can use these values."""
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(values)
    return environment


@cache
def _environment() -> Environment:
    return template_environment(TEMPLATES, views=views, style_url=STYLE_URL, icon_url=ICON_URL)
