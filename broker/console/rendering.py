"""Pages of the console as responses."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, request

from broker.console import charts, rights
from broker.console.csv_export import csv_of
from broker.console.frame import LOG_IN, LOG_OUT, url
from broker.console.tables import MAX_EXPORTED
from broker.console.texts import ConsoleTexts
from broker.login.pages.headers import form_targets_for, page_headers
from broker.login.pages.language import language_of
from broker.login.pages.rendering import page_response, template_environment
from broker.login.pages.stylesheet import ICON_URL, stylesheet

if TYPE_CHECKING:
    from datetime import datetime

    from jinja2 import Environment

    from broker.console.frame import Frame
    from broker.console.view import View

_FOLDER = Path(__file__).parent
STYLE = stylesheet("/console/style", (_FOLDER / "console.css").read_bytes())


def texts_of_request(now: datetime) -> ConsoleTexts:
    """Return the texts in the language of the current request."""
    language = language_of(request.args.get("ui_locales", ""), request.accept_languages)
    return ConsoleTexts(language, now=now)


def view_response(
    view: View, frame: Frame, t: ConsoleTexts, *, status: int = 200, is_secure: bool
) -> Response:
    """Return the page; ``is_secure`` as of ``form_targets_for``."""
    template = _environment().get_template(f"{view.template}.html")
    html = template.render(t=t, frame=frame, view=view, m=view.model)
    response = page_response(html, t.language, status=status)
    # After the end of the session a form may lead to an identity provider (I-90).
    for header in page_headers(form_targets_for(is_secure=is_secure)):
        response.headers.set(*header)
    return response


def csv_response(view: View, name: str, t: ConsoleTexts) -> Response:
    """Return the list of the page as a CSV file of this name."""
    assert view.table is not None  # noqa: S101 - the caller has asked
    headings = [t(column.key) for column in view.table.columns]
    note = t.of(view.table.note) if view.table.note else ""
    text = csv_of(view.table, headings, t("list.csv_more", n=str(MAX_EXPORTED)), note)
    response = Response(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'"
    return response


@cache
def _environment() -> Environment:
    return template_environment(
        _FOLDER / "templates",
        style_url=STYLE.url,
        icon_url=ICON_URL,
        url=url,
        log_in=LOG_IN,
        log_out=LOG_OUT,
        rights=rights,
        charts=charts,
    )
