"""Where a logout leads (I-101, I-103): to a registered URI, by the one grammar (D-45)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from broker.redirects.nearest import find_nearest

if TYPE_CHECKING:
    from collections.abc import Sequence


class LogoutTarget(NamedTuple):
    """The URI after a logout, None for the page of this server; ``refused`` says why not another.

    ``refused`` names the registered URI that is nearest to the requested one, and the differences.
    """

    uri: str | None
    refused: str = ""


def logout_target(
    requested: str, registered: Sequence[str], home: str | None, state: str = ""
) -> LogoutTarget:
    """Return the requested URI if a registered pattern matches it, otherwise ``home``.

    ``state`` is added to the requested URI (OIDC RP-Initiated Logout section 3).
    """
    if not requested:
        return LogoutTarget(home)
    nearest = find_nearest(requested, registered)
    if nearest.matches:
        return LogoutTarget(_with_state(requested, state))
    differences = "; ".join(nearest.differences)
    entry = "" if nearest.index is None else f"{registered[nearest.index]}: "
    return LogoutTarget(home, f"{entry}{differences}")


def _with_state(uri: str, state: str) -> str:
    """Return the URI with ``state``, which the grammar excludes from its query."""
    if not state:
        return uri
    separator = "&" if "?" in uri else "?"
    return f"{uri}{separator}state={quote(state, safe='')}"
