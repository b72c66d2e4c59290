"""The pages of the family ``role_collections``."""

from __future__ import annotations

from typing import Final

from broker.console.page import Navigation, Page
from broker.console.rights import READ_ROLES, WRITE_ROLES
from broker.console.role_collections import changes
from broker.console.role_collections.lists import list_all, show
from broker.console.role_collections.paths import LIST, MAP, ONE, UNMAP, USERS

_MAPPING: Final = ("name", "origin", "attribute", "value")

PAGES: Final = (
    Page(
        path=LIST,
        name="role_collections.list",
        right=READ_ROLES,
        handler=list_all,
        navigation=Navigation("zone", 20),
    ),
    Page(path=ONE, name="role_collections.one", right=READ_ROLES, handler=show, query=("name",)),
    Page(
        path=USERS,
        name="role_collections.add_user",
        right=WRITE_ROLES,
        handler=changes.ask_user,
        query=("name",),
    ),
    Page(
        method="POST",
        path=USERS,
        name="role_collections.add_user",
        right=WRITE_ROLES,
        handler=changes.add_user,
        query=("name",),
    ),
    Page(
        path=MAP,
        name="role_collections.map",
        right=WRITE_ROLES,
        handler=changes.ask_mapping,
        query=("name",),
    ),
    Page(
        method="POST",
        path=MAP,
        name="role_collections.map",
        right=WRITE_ROLES,
        handler=changes.add_mapping,
        query=("name",),
    ),
    Page(
        path=UNMAP,
        name="role_collections.unmap",
        right=WRITE_ROLES,
        handler=changes.ask_unmap,
        query=_MAPPING,
    ),
    Page(
        method="POST",
        path=UNMAP,
        name="role_collections.unmap",
        right=WRITE_ROLES,
        handler=changes.remove_mapping,
        query=_MAPPING,
    ),
)
