"""Every command of the broker on a page is one that its parser accepts."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import click
import pytest

from broker.cli import main
from tests.documents.pages import PAGES, prose_of
from tests.support.documents.blocks import COMMANDS, blocks_of
from tests.support.server import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS = re.compile(r"(?:\.venv/bin/)?(?:xsuaa-broker|python -m broker)|xsuaa_broker")
"""The launcher as installations name it: of a clone, a package, an image, and a systemd unit."""

PAGES_WITH_COMMANDS = [page for page in PAGES if page != "docs/commands.md"]
_BEFORE = re.compile(r"(?:^|\$\(|[|;]|&&|--|\bexec \w+|--command \")\s*$")
"""What precedes the name of a program, which otherwise is an argument of another one."""
_AFTER = re.compile(r"\s(?:[|>;#]|&&)|\s<\s")
_NAME = re.compile(
    r"(?:^|\bexec \w+ |-- |\$\()"
    r"(\.venv/bin/xsuaa-broker|xsuaa-broker|(?:\.venv/bin/)?python -m broker)(?= [a-z-])"
)
_PLACEHOLDER = re.compile(r"<[^<>]*>")
_SPAN = re.compile(r"`([^`]+)`")
_ENDED = re.compile(r"…|\s#.*$")


@dataclass(frozen=True)
class Mentioned:
    """A command on a page, without the program; complete if a reader pastes it."""

    place: str
    text: str
    is_complete: bool


def mentioned(page: str) -> Iterator[Mentioned]:
    for block in blocks_of(ROOT, page):
        if block.language == COMMANDS:
            for line in block.text.replace("\\\n", " ").splitlines():
                yield from in_line(str(block), line)
    for span in _SPAN.findall(prose_of(page).replace("\\|", "|")):
        text = " ".join(span.split())
        if program := PROGRAMS.match(text):
            yield Mentioned(page, text[program.end() :], is_complete=False)
        elif re.match(r"[a-z-]+ [a-z-]", text) and text.split()[0] in main.commands:
            yield Mentioned(page, text, is_complete=False)


def in_line(place: str, line: str) -> Iterator[Mentioned]:
    """Yield the commands of the broker in a line of the shell."""
    for found in PROGRAMS.finditer(line):
        before, after = line[: found.start()], line[found.end() :]
        if _BEFORE.search(before) and after.startswith(" "):
            text = _AFTER.split(_PLACEHOLDER.sub("PLACEHOLDER", after))[0]
            opened = re.search(r"[\"(]$", before)
            end = {'"': '"', "(": ")"}[opened[0]] if opened else "\n"
            yield Mentioned(place, text.partition(end)[0], is_complete=True)


def alternatives(text: str) -> Iterator[list[str]]:
    """Yield the words of a command; ``a|b`` stands for two commands."""
    plain = re.sub(r"[\[\]]", "", _ENDED.sub("", _PLACEHOLDER.sub("PLACEHOLDER", text)))
    words = shlex.split(plain)
    yield from map(list, product(*(each.split("|") for each in words)))


def check(mention: Mentioned) -> None:
    """Fail unless the parsers accept the command."""
    for words in alternatives(mention.text):
        command: click.Command = main
        rest = [each for each in words if each not in {"", "-h", "--help"}]
        while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
            assert rest[0] in command.commands, f"{mention.place}: {mention.text}"
            command, rest = command.commands[rest[0]], rest[1:]
        context = click.Context(command)
        try:
            given, left, _ = command.make_parser(context).parse_args(list(rest))
        except click.UsageError as error:
            if isinstance(error, click.BadOptionUsage) and not mention.is_complete:
                continue
            raise AssertionError(f"{mention.place}: {mention.text}: {error.message}") from None
        assert not left, f"{mention.place}: {mention.text}: {left}"
        for parameter in command.params:
            value = given.get(parameter.name or "")
            if isinstance(parameter.type, click.Choice) and isinstance(value, str):
                is_placeholder = value.isupper()
                assert value in parameter.type.choices or is_placeholder, mention
            if mention.is_complete and parameter.required:
                assert value not in (None, ()), f"{mention.place}: {parameter.name} is missing"


@pytest.mark.parametrize("page", PAGES_WITH_COMMANDS)
def test_the_parsers_accept_the_commands_of_a_page(page: str) -> None:
    for mention in mentioned(page):
        check(mention)


SPELLINGS = {
    "README.md": ".venv/bin/xsuaa-broker",
    "docs/tutorial.md": ".venv/bin/xsuaa-broker",
    "docs/cloud-foundry.md": "python -m broker",
    "docs/install.md": ".venv/bin/python -m broker|python -m broker|xsuaa_broker",
    "docs/kubernetes.md": "python -m broker",
}
"""How pages about one installation name the program; docs/README.md explains it."""
NAMED_BY_FILES = {"docs/README.md", "SECURITY.md", "docs/xs-security.md", "CHANGELOG.md"}


@pytest.mark.parametrize(
    "page", [page for page in PAGES_WITH_COMMANDS if page not in NAMED_BY_FILES]
)
def test_a_page_spells_the_program_in_one_way(page: str) -> None:
    texts = [text for block in blocks_of(ROOT, page) for text in block.text.splitlines()]
    texts += _SPAN.findall(prose_of(page))
    spelt = {found for text in texts for found in _NAME.findall(text.strip())}
    assert spelt <= set(SPELLINGS.get(page, "xsuaa-broker").split("|"))


def test_commands_are_found() -> None:
    found = [each for page in PAGES_WITH_COMMANDS for each in mentioned(page)]
    assert len([each for each in found if each.is_complete]) > 50
    assert len(found) > 250


@pytest.mark.parametrize(
    "text",
    [
        "instances lst",
        "users show anna --zone z --colour",
        "credentials list --type instance-secrets",
        "secrets rotate my-uaa other",
        "users show anna",
    ],
)
def test_what_no_parser_accepts_is_found(text: str) -> None:
    with pytest.raises(AssertionError):
        check(Mentioned("page", text, is_complete=True))
