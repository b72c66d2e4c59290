"""Persons paste the commands of pages: README.md first, beside its server those of the others."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support.documents.checkout import check_out
from tests.support.documents.confinement import confined_to
from tests.support.documents.pages import FURTHER, README, commands_of
from tests.support.documents.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.documents.confinement import Confinement


@dataclass(frozen=True)
class Followed:
    """A clone in which a person has done what README.md says; its server runs."""

    folder: Path
    clone: Path
    confinement: Confinement
    printed: list[str]
    """What each block has printed."""

    def reader(self, name: str) -> Reader:
        """Return another person at the clone, who types ``xsuaa-broker`` without its path."""
        programs = self.clone / ".venv" / "bin"
        path = {"PATH": f"{programs}:{os.defpath}"}
        return Reader(
            self.confinement.commands, self.clone, self.folder / name, variables(self.folder) | path
        )


def variables(folder: Path) -> dict[str, str]:
    return {"HOME": str(folder / "home"), "PATH": os.defpath, "LANG": "C.UTF-8"}


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    folder = tmp_path_factory.mktemp("readme")
    clone = folder / "xsuaa-broker"
    check_out(clone)
    (folder / "home").mkdir()
    with (
        confined_to(folder) as confinement,
        Reader(confinement.commands, clone, folder / "readme", variables(folder)) as reader,
    ):
        printed = [reader.run(block) for block in commands_of(README)]
        yield Followed(folder, clone, confinement, printed)


def test_the_banner_prints_the_commands_of_the_readme(followed: Followed) -> None:
    banner, _ = followed.printed
    lines = [line.strip() for line in banner.splitlines()]
    _, commands = commands_of(README)
    for command in commands.text.splitlines():
        assert command in lines
    for file in ("broker-password", "admin-password"):
        secret = (followed.clone / "var" / file).read_text().strip()
        assert sum(line.startswith(f"password  {secret} ") for line in lines) == 1


@pytest.mark.parametrize("page", FURTHER)
def test_the_commands_of_a_page_do_what_it_says(followed: Followed, page: str) -> None:
    with followed.reader(page) as reader:
        for block in commands_of(page):
            assert "[broker.audit]" not in reader.run(block)
