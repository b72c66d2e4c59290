"""The pages of the family ``role_collections``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from broker.console.page import Navigation, Page
from broker.console.rights import READ_ROLES, WRITE_ROLES
from broker.console.role_collections import changes, own
from broker.console.role_collections.lists import list_all, show
from broker.console.role_collections.paths import (
    ADD_ROLE,
    DELETE,
    DESCRIBE,
    LIST,
    MAP,
    NEW,
    ONE,
    REMOVE_ROLE,
    UNMAP,
    USERS,
)

if TYPE_CHECKING:
    from broker.console.page import Handler

_MAPPING: Final = ("name", "origin", "attribute", "value")

_ROLE: Final = ("name", "app", "template", "role")


def _form(
    path: str,
    name: str,
    form: Handler,
    sent: Handler,
    query: tuple[str, ...] = ("name",),
) -> tuple[Page, Page]:
    """Return the page of a form that changes collections, and what the form does."""
    opened = Page(
        path=path,
        name=f"role_collections.{name}",
        right=WRITE_ROLES,
        handler=form,
        query=query,
        needs_fresh_logon=name == "delete",
    )
    return opened, replace(opened, method="POST", handler=sent)


PAGES: Final = (
    Page(
        path=LIST,
        name="role_collections.list",
        right=READ_ROLES,
        handler=list_all,
        navigation=Navigation("zone", 20),
    ),
    Page(path=ONE, name="role_collections.one", right=READ_ROLES, handler=show, query=("name",)),
    *_form(NEW, "new", own.ask_new, own.create, ()),
    *_form(DESCRIBE, "describe", own.ask_description, own.describe),
    *_form(ADD_ROLE, "add_role", own.ask_role, own.add_role),
    *_form(REMOVE_ROLE, "remove_role", own.ask_remove_role, own.remove_role, _ROLE),
    *_form(DELETE, "delete", own.ask_delete, own.delete),
    *_form(USERS, "add_user", changes.ask_user, changes.add_user),
    *_form(MAP, "map", changes.ask_mapping, changes.add_mapping),
    *_form(UNMAP, "unmap", changes.ask_unmap, changes.remove_mapping, _MAPPING),
)
