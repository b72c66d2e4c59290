"""The pages of the family ``users``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.page import Navigation, Page
from broker.console.rights import READ_USERS, WRITE_ROLES, WRITE_USERS
from broker.console.users import changes
from broker.console.users.lists import LIST, ONE, list_all, show

if TYPE_CHECKING:
    from broker.console.page import Handler


def _form(
    path: str, name: str, right: str, form: Handler, sent: Handler, *query: str
) -> tuple[Page, Page]:
    """Return a page that asks for a confirmation, and what its form does."""
    is_dangerous = name in _DANGEROUS
    opened = Page(
        path=path,
        name=name,
        right=right,
        handler=form,
        query=query,
        needs_fresh_logon=is_dangerous,
    )
    done = Page(
        method="POST",
        path=path,
        name=name,
        right=right,
        handler=sent,
        query=query,
        needs_fresh_logon=is_dangerous,
        statements=20,
    )
    return opened, done


_DANGEROUS = frozenset({"users.deactivate", "users.end_sessions"})

PAGES: Final = (
    Page(
        path=LIST,
        name="users.list",
        right=READ_USERS,
        handler=list_all,
        navigation=Navigation("zone", 30),
    ),
    Page(path=ONE, name="users.one", right=READ_USERS, handler=show),
    *_form(f"{ONE}/assign", "users.assign", WRITE_ROLES, changes.ask_assign, changes.assign),
    *_form(
        f"{ONE}/unassign",
        "users.unassign",
        WRITE_ROLES,
        changes.ask_unassign,
        changes.unassign,
        "collection",
    ),
    *_form(
        f"{ONE}/activate", "users.activate", WRITE_USERS, changes.ask_activate, changes.activate
    ),
    *_form(
        f"{ONE}/deactivate",
        "users.deactivate",
        WRITE_USERS,
        changes.ask_deactivate,
        changes.deactivate,
    ),
    *_form(
        f"{ONE}/end-sessions",
        "users.end_sessions",
        WRITE_USERS,
        changes.ask_end_sessions,
        changes.end_sessions,
    ),
)
