"""The pages whose commands tests run, each block in one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.documents.pages import PAGES
from tests.support.documents.blocks import blocks_of
from tests.support.server import ROOT

if TYPE_CHECKING:
    from tests.support.documents.blocks import Block

README = "README.md"
TUTORIAL = "docs/tutorial.md"


def commands_of(page: str) -> list[Block]:
    """Return the blocks of a page that a reader pastes, in their order."""
    return [block for block in blocks_of(ROOT, page) if block.is_run]


FURTHER = tuple(page for page in PAGES if page not in {README, TUTORIAL} and commands_of(page))
"""Pages for readers who have done what the first one says."""
