"""The pages whose commands tests run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.documents.blocks import blocks_of
from tests.support.server import ROOT

if TYPE_CHECKING:
    from tests.support.documents.blocks import Block

TUTORIAL = "docs/tutorial.md"

PAGES = (TUTORIAL,)


def commands_of(page: str) -> list[Block]:
    """Return the blocks of a page that a reader pastes, in their order."""
    return [block for block in blocks_of(ROOT, page) if block.is_run]
