"""Pages as HTML: no script, escaped text, one form per action, small (I-91, I-96, I-97)."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask

from broker.login.pages import rendering, stylesheet
from broker.login.pages.language import MESSAGES
from broker.login.pages.problems import Problem
from broker.login.pages.rendering import Pages, rendered
from broker.login.pages.views import ErrorPage, LoginPage, Message, Page
from tests.support.login_pages import HOSTILE, sample_pages

PAGES = sample_pages()
VOID = {"input", "link", "meta", "img", "br"}


class Document(HTMLParser):
    """Elements with attributes; fails for elements that are not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, names)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(params=list(PAGES))
def page(request: pytest.FixtureRequest) -> Page:
    found: Page = PAGES[request.param]
    return found


def test_every_page_has_a_sample() -> None:
    """Also for the tests in Chromium."""
    templates = {template.stem for template in rendering.TEMPLATES.glob("*.html")}
    assert {page.template for page in PAGES.values()} == templates - {"base", "_parts"}


@pytest.mark.parametrize("language", MESSAGES)
def test_pages_carry_no_script_and_no_inline_style(page: Page, language: str) -> None:
    document = Document(rendered(page, language))
    allowed = {stylesheet.STYLE_URL, stylesheet.ICON_URL}
    for tag, attributes in document.elements:
        assert tag not in {"script", "style", "iframe", "object", "embed", "base"}
        assert not [name for name in attributes if name.startswith("on") or name == "style"]
        for name in ("src", "href"):
            value = attributes.get(name)
            assert (
                value is None or value in allowed or re.fullmatch(r"/[a-z.-]+(\?zone=\w+)?", value)
            )


@pytest.mark.parametrize("language", MESSAGES)
def test_pages_are_accessible(page: Page, language: str) -> None:
    document = Document(rendered(page, language))
    assert document.of("html") == [{"lang": language, "dir": "ltr"}]
    assert len(document.of("h1")) == len(document.of("main")) == 1
    ids = [attributes["id"] for _, attributes in document.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes["for"] for attributes in document.of("label")}
    for field in document.of("input"):
        assert (
            field["type"] == "hidden" or field.get("aria-hidden") or field.get("id") in labelled
        ), field
        for described in (field.get("aria-describedby") or "").split():
            assert described in ids


def test_titles_are_unique() -> None:
    titles = {}
    for page in PAGES.values():
        match = re.search("<title>(.*)</title>", rendered(page, "en"))
        assert match
        key = page.template + getattr(page, "problem", "") + str(getattr(page, "is_reset", ""))
        titles[key] = match[1]
    assert len(set(titles.values())) == len(titles)


def test_forms_suit_password_managers(page: Page) -> None:
    """I-96: the user name is in the form of each password."""
    html = rendered(page, "en")
    for form in re.findall("<form.*?</form>", html, re.DOTALL):
        fields = {str(each["name"]): each for each in Document(form).of("input")}
        passwords = [each for each in fields.values() if each["type"] == "password"]
        if passwords:
            assert fields["username"]["autocomplete"] == "username"
            for each in passwords:
                current = each["name"] in {"password", "current_password"}
                assert each["autocomplete"] == ("current-password" if current else "new-password")


def test_every_form_is_a_post_with_a_csrf_token(page: Page) -> None:
    html = rendered(page, "en")
    for form in re.findall("<form.*?</form>", html, re.DOTALL):
        document = Document(form)
        assert document.of("form")[0]["method"] == "post"
        assert "csrf" in [each["name"] for each in document.of("input")]


@pytest.mark.parametrize("name", list(PAGES))
def test_stored_names_are_text(name: str) -> None:
    """TH-17."""
    html = rendered(sample_pages(HOSTILE)[name], "en")
    assert "<b>x" not in html
    assert "<script" not in html
    document = Document(html)
    assert [tag for tag, _ in document.elements] == [
        tag for tag, _ in Document(rendered(PAGES[name], "en")).elements
    ]


def test_pages_are_small() -> None:
    """A page with its stylesheet and icon has less than 20 KB."""
    assets = sum(
        len((Path(stylesheet.__file__).parent / name).read_bytes())
        for name in ("style.css", "icon.svg")
    )
    assert max(len(rendered(page, "de")) for page in PAGES.values()) + assets < 20_000


def test_the_user_name_is_kept_and_the_error_is_described() -> None:
    """I-94."""
    page = LoginPage(
        zone_name="z", csrf="c", user_name="anna", error=Message("login.wrong"), pending="p"
    )
    fields = {str(each["name"]): each for each in Document(rendered(page, "en")).of("input")}
    assert fields["username"]["value"] == "anna"
    assert fields["pending"]["value"] == "p"
    assert fields["password"]["aria-describedby"] == "error"
    assert "autofocus" in fields["password"]


def test_every_problem_has_a_page() -> None:
    page = PAGES["error"]
    assert isinstance(page, ErrorPage)
    for problem in Problem:
        for language in MESSAGES:
            html = rendered(dataclasses.replace(page, problem=problem), language)
            assert page.correlation_id in html
            assert "2026-11-29T20:15:03Z" in html


def test_a_response_carries_language_status_and_headers() -> None:
    app = Flask(__name__)
    with app.test_request_context("/login", headers={"Accept-Language": "de-DE"}):
        response = Pages().response(PAGES["logout"], status=401, form_targets=("https:",))
    assert response.status_code == 401
    assert response.content_type == "text/html; charset=utf-8"
    assert response.headers["Content-Language"] == "de"
    assert "form-action 'self' https:;" in response.headers["Content-Security-Policy"]
    assert '<html lang="de"' in response.get_data(as_text=True)


def test_the_parameter_of_the_request_decides_the_language() -> None:
    app = Flask(__name__)
    german = {"Accept-Language": "de"}
    with app.test_request_context("/login?ui_locales=en", headers=german):
        assert Pages().response(PAGES["logout"]).headers["Content-Language"] == "en"
    with app.test_request_context("/login.do", headers=german):
        response = Pages().response(PAGES["logout"], ui_locales="fr en")
        assert response.headers["Content-Language"] == "en"


def test_templates_trust_no_text() -> None:
    for template in rendering.TEMPLATES.glob("*.html"):
        assert not re.search(r"\|\s*safe|autoescape|Markup", template.read_text()), template
