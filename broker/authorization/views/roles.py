"""Lists of roles and role templates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from broker.authorization.collections.model import RoleKey
from broker.authorization.views.collections import unknown_collection
from broker.authorization.views.model import RoleSelection, RoleView, Selection, TemplateView
from broker.authorization.views.ports import ListStore
from broker.descriptor.paths import printable
from broker.errors import NotFound
from broker.identity.administered_zone import administered_zone
from broker.identity.user import is_storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.identity.zone import Zone
    from broker.transactions import Transactions

EVERYTHING = RoleSelection()


@dataclass(frozen=True, slots=True)
class ListRoles:
    """Reads roles and templates in a fixed number of statements.

    ``zone`` is an index, GUID or subdomain. Raises NotFound, StateConflict.
    """

    transactions: Transactions[ListStore]

    def roles(self, zone: str, selection: RoleSelection = EVERYTHING) -> Sequence[RoleView]:
        """Return the selected roles by application, template and name.

        Raises NotFound for an unknown application or collection in the selection.
        """

        def read(store: ListStore) -> Sequence[RoleView]:
            in_zone = administered_zone(store, zone)
            _require_known(store, in_zone, selection)
            return _roles(store, in_zone, selection)

        return self.transactions.read(read)

    def role(self, zone: str, key: RoleKey) -> RoleView:
        """Return the role."""
        return self.transactions.read(
            lambda store: one_role(store, administered_zone(store, zone), key)
        )

    def templates(
        self, zone: str, selection: RoleSelection = EVERYTHING, *, with_roles: bool = False
    ) -> Sequence[tuple[TemplateView, Sequence[RoleView]]]:
        """Return the selected templates by application and name, if wanted with their roles.

        Raises NotFound for an unknown application, or the template that the selection names.
        """

        def read(store: ListStore) -> Sequence[tuple[TemplateView, Sequence[RoleView]]]:
            in_zone = administered_zone(store, zone)
            _require_known(store, in_zone, selection)
            is_known = _is_storable(selection)
            found = store.role_lists.templates(in_zone, selection) if is_known else ()
            if selection.template is not None and not found:
                raise NotFound(
                    f"Application {printable(selection.app_id or '')} has no role template"
                    f" {printable(selection.template)}."
                )
            roles: dict[int, list[RoleView]] = {}
            for each in _roles(store, in_zone, selection) if with_roles else ():
                roles.setdefault(each.template.row_id, []).append(each)
            return [(each, roles.get(each.row_id, ())) for each in found]

        return self.transactions.read(read)


def one_role(store: ListStore, zone: Zone, key: RoleKey) -> RoleView:
    """Return the role; raise NotFound."""
    selection = RoleSelection(key.app_id, key.template, key.name)
    found = _roles(store, zone, selection) if _is_storable(selection) else ()
    if not found:
        raise NotFound(
            f"There is no role {printable(key.name)} of template {printable(key.template)}"
            f" and application {printable(key.app_id)}."
        )
    return found[0]


def _require_known(store: ListStore, zone: Zone, selection: RoleSelection) -> None:
    app_id, name = selection.app_id, selection.collection
    if app_id is not None and not (
        is_storable(app_id) and store.role_lists.has_application(zone, app_id)
    ):
        raise NotFound(f"There is no application {printable(app_id)}.")
    if name is not None and not (
        is_storable(name) and store.collection_lists.selected(zone, Selection(name))
    ):
        raise unknown_collection(zone, name)


def _roles(store: ListStore, zone: Zone, selection: RoleSelection) -> list[RoleView]:
    lists = store.role_lists
    of_all = replace(selection, name=None, collection=None)
    templates = {(each.app_id, each.name): each for each in lists.templates(zone, of_all)}
    collections = lists.collections_of_roles(zone, selection)
    return [
        RoleView(each, template, collections.get(each.key, ()))
        for each in lists.roles(zone, selection)
        # A template that appeared between two statements is in the next list.
        if (template := templates.get((each.key.app_id, each.key.template))) is not None
    ]


def _is_storable(selection: RoleSelection) -> bool:
    given = selection.app_id, selection.template, selection.name, selection.collection
    return is_storable(*(each for each in given if each is not None))
