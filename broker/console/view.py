"""What handlers return: the model of a template, or what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from broker.console.tables import Table
    from broker.identity.zone import Zone


@dataclass(frozen=True, slots=True)
class Twin:
    """The same operation by the API and by the command line, to copy; without secrets.

    An empty text: there is none.
    """

    api: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A page: its template (a file in ``templates``, without suffix) and what it shows as ``m``.

    ``table`` is the list that the link to CSV exports. ``title`` replaces the page's title by the
    name of what it shows, ``subject`` is added to it. ``zone`` is that of a page whose path does
    not name it.
    """

    template: str
    model: Any = None
    table: Table | None = None
    twins: tuple[Twin, ...] = ()
    title: str = ""
    subject: str = ""
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A form was processed: where the browser continues, and the key of the notice there.

    ``path`` is of this console; its parameters are in ``query``. The notice is a message whose key
    begins with ``done.``.
    """

    path: str
    notice: str
    query: Mapping[str, str] = field(default_factory=dict)
