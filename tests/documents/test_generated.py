"""The generated pages are what the code says now; ``python -m tests.documents`` writes them."""

from __future__ import annotations

import re

import click
import pytest

from broker.cli import main
from tests.documents import commands_page, settings_page
from tests.documents.generated import GENERATED
from tests.documents.pages import text_of
from tests.documents.tables import code

COMPARED_BY_ITSELF = "docs/conformance.md"
"""In tests/contract/test_page.py: its proofs take seconds."""


@pytest.mark.parametrize("page", [page for page in GENERATED if page != COMPARED_BY_ITSELF])
def test_the_page_is_current(page: str) -> None:
    assert text_of(page) == GENERATED[page](), "run: python -m tests.documents"


def test_every_setting_has_one_row_with_its_text() -> None:
    rows = re.findall(r"^\| (`.*)$", text_of("docs/settings.md"), re.MULTILINE)
    named = [name for each in rows for name in re.findall(r"`([A-Z_]+)`", each.split(" | ")[0])]
    assert sorted(named) == sorted(settings_page.fields())
    assert all(each.rsplit(" | ", 1)[1].rstrip("|").strip() for each in rows)


def test_every_number_has_a_unit() -> None:
    numbers = {name for name, field in settings_page.fields().values() if field.annotation is int}
    assert numbers == set(settings_page.UNITS)


def test_every_command_has_its_usage_and_options() -> None:
    page = text_of("docs/commands.md")
    leaves = dict(commands_page.leaves(main))
    headings = re.findall(r"^###? ([a-z][a-z -]+)$", page, re.MULTILINE)
    groups = {name for name, each in main.commands.items() if isinstance(each, click.Group)}
    assert sorted(headings) == sorted({" ".join(words) for words in leaves} | groups)
    sections = re.split(r"^###? ", page, flags=re.MULTILINE)
    for words, command in leaves.items():
        [section] = [each for each in sections if each.startswith(f"{' '.join(words)}\n")]
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.opts[0] in section or parameter.hidden, parameter.name
            else:
                assert parameter.make_metavar(click.Context(command)) in section


def test_texts_with_characters_of_markdown_are_code() -> None:
    assert code("a") == "`a`"
    assert code("`a`") == "`` `a` ``"
