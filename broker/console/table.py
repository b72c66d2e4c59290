"""The one table of all pages, from the families of pages; tests walk it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.home import messages as home_messages
from broker.console.home import pages as home
from broker.console.role_collections import messages as role_collections_messages
from broker.console.role_collections import pages as role_collections

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.console.page import Page

PAGES: Final[tuple[Page, ...]] = (
    *home.PAGES,
    *role_collections.PAGES,
)
MESSAGES: Final[tuple[Mapping[str, Mapping[str, str]], ...]] = (
    home_messages.MESSAGES,
    role_collections_messages.MESSAGES,
)
"""The texts of each family by language; their keys begin with the family's name, or ``done.``."""
