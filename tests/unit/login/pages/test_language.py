"""The languages of pages (I-98)."""

from __future__ import annotations

import re
import string

import pytest
from werkzeug.datastructures import LanguageAccept

from broker.descriptor.names import ADMINISTRATION_SCOPES, USER_SCOPES
from broker.identity.password_policy import PasswordRule
from broker.login.pages import rendering
from broker.login.pages.language import MESSAGES, Texts, language_of
from broker.login.pages.problems import Problem
from broker.login.pages.views import Message


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_have_the_same_texts_with_the_same_placeholders() -> None:
    english = {key: placeholders(text) for key, text in MESSAGES["en"].items()}
    for messages in MESSAGES.values():
        assert {key: placeholders(text) for key, text in messages.items()} == english


def test_every_problem_has_its_texts() -> None:
    parts = ("title", "text", "advice")
    keys = {f"problem.{problem}.{part}" for problem in Problem for part in parts}
    assert keys == {key for key in MESSAGES["en"] if key.startswith("problem.")}


def test_templates_name_existing_texts() -> None:
    for template in rendering.TEMPLATES.glob("*.html"):
        for key in re.findall(r"\bt\(\"([a-z_.]+)\"[,)]", template.read_text()):
            assert key in MESSAGES["en"], (template.name, key)


def test_every_text_is_used() -> None:
    login = rendering.TEMPLATES.parents[1]
    files = [*rendering.TEMPLATES.glob("*.html"), *login.rglob("*.py")]
    used = "".join(file.read_text() for file in files if file.parent.name != "messages")
    composed = ("problem.", "scope.", *(f"password.{rule}" for rule in PasswordRule))
    unused = [key for key in MESSAGES["en"] if f'"{key}"' not in used]
    assert [key for key in unused if not key.startswith(composed)] == []


def test_values_replace_placeholders_and_are_no_templates() -> None:
    message = Message("login.provider", {"name": "{password} {0}"})
    assert Texts("en").of(message) == "Log in with {password} {0}"


@pytest.mark.parametrize(
    ("ui_locales", "accepted", "language"),
    [
        ("", [], "en"),
        ("", [("de-AT", 1), ("en", 0.5)], "de"),
        ("", [("fr", 1), ("de", 0.3)], "de"),
        ("", [("fr", 1)], "en"),
        ("fr de-CH en", [("en", 1)], "de"),
        ("EN-us", [("de", 1)], "en"),
        ("fr", [("de", 1)], "de"),
        ("x" * 500 + " en", [("de", 1)], "de"),
    ],
)
def test_parameter_precedes_header(
    ui_locales: str, accepted: list[tuple[str, float]], language: str
) -> None:
    assert language_of(ui_locales, LanguageAccept(accepted)) == language


@pytest.mark.parametrize(
    ("scope", "text"),
    [
        ("openid", "Ihre Identität bestätigen"),
        ("ads!t17.Display", "Display"),
        ("ads!b9.read.all", "read.all"),
        ("xs_user.write", "xs_user.write"),
        ("cloud_controller.read", "cloud_controller.read"),
    ],
)
def test_scopes_have_texts(scope: str, text: str) -> None:
    assert Texts("de").scope(scope) == text


def test_every_scope_of_the_platform_has_a_text() -> None:
    known = {key.removeprefix("scope.") for key in MESSAGES["en"] if key.startswith("scope.")}
    assert known >= USER_SCOPES - ADMINISTRATION_SCOPES
