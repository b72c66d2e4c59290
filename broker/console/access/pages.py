"""The pages of the family ``access``."""

from __future__ import annotations

from typing import Final

from broker.console.access import explain, holders
from broker.console.access.question import EXPLAIN, HOLDERS
from broker.console.page import Navigation, Page
from broker.console.rights import READ_USERS

PAGES: Final = (
    Page(
        path=EXPLAIN,
        name="access.explain",
        right=READ_USERS,
        handler=explain.show,
        navigation=Navigation("zone", 40),
    ),
    Page(path=HOLDERS, name="access.holders", right=READ_USERS, handler=holders.show),
)
