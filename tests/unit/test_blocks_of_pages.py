"""Every block of commands on a page is run by a test, or says why not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.documents.pages import PAGES
from tests.support.documents.blocks import COMMANDS, NAMES, NOT_RUN, Block, blocks_of

ROOT = Path(__file__).parents[2]

OTHER_LANGUAGES = {"ini", "js", "json", "nginx", "sql", "text", "yaml"}


@pytest.mark.parametrize("page", PAGES)
def test_blocks_have_a_language_and_known_remarks(page: str) -> None:
    for block in blocks_of(ROOT, page):
        assert block.language in {COMMANDS, *OTHER_LANGUAGES}, block
        assert {name for name, _ in block.remarks} <= set(NAMES), block
        assert block.language == COMMANDS or not block.remarks, block
        for reason in block.said(NOT_RUN):
            assert len(reason.split()) > 2, block


def test_blocks_are_read_with_their_remarks(tmp_path: Path) -> None:
    tmp_path.joinpath("page.md").write_text(
        "text\n\n<!-- not run: it takes an hour -->\n```sh\nsleep 3600\n```\n\n"
        "1. a step\n\n   <!-- prints: 1 -->\n   <!-- prints: 2 -->\n   ```sh\n   cat <<X\n     1\n"
        "   X\n   ```\n\n<!-- prints: 3 -->\n\n```\nplain\n```\n"
    )
    assert blocks_of(tmp_path, "page.md") == [
        Block("page.md", 4, "sh", "sleep 3600\n", (("not run", "it takes an hour"),)),
        Block("page.md", 12, "sh", "cat <<X\n  1\nX\n", (("prints", "1"), ("prints", "2"))),
        Block("page.md", 20, "", "plain\n", ()),
    ]
    assert [each.is_run for each in blocks_of(tmp_path, "page.md")] == [False, True, False]
