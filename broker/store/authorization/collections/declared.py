"""The role collections that descriptors declare (I-150 to I-155)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, exists, false, func, or_, select, update

from broker.authorization.collections.model import Use
from broker.authorization.collections.names import folded_name
from broker.descriptor.declarations import Usage
from broker.store.authorization.replacing import Replacing
from broker.store.database.deferred import execute_later
from broker.store.tables.assignments import role_assignment, role_mapping
from broker.store.tables.core import client as client_table
from broker.store.tables.declared import (
    application_reference,
    role,
    role_collection,
    role_collection_role,
    role_template,
)
from broker.store.tables.identity import shadow_user

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import ColumnElement, Connection

    from broker.authorization.roles import DeclaredCollection
    from broker.identity.client import Client

IS_IN_USE = or_(
    exists().where(role_assignment.c.role_collection_row_id == role_collection.c.id),
    exists().where(role_mapping.c.role_collection_row_id == role_collection.c.id),
)
"""Whether a role collection has assignments or mappings; expired assignments are some, too."""


class DeclaredCollections:
    """Stores declared role collections; one in use changes its description only (D-40)."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(
        self,
        client: Client,
        declared: Collection[DeclaredCollection],
        roles: Mapping[str, int],
        *,
        is_new: bool = False,
    ) -> None:
        """Replace the client's collections; ``roles`` are the default roles by template.

        Those with an unchanged name keep their row. Collections in use keep their row and roles:
        an older version may have stored a descriptor without a check. ``is_new``: the client has
        none yet.
        """
        in_use = set[int]()
        if not is_new:
            query = select(role_collection.c.id).where(_of(client), IS_IN_USE)
            in_use.update(self._connection.execute(query).scalars())
        replacing = Replacing(self._connection, is_new)
        ids = replacing.by_name(
            role_collection,
            _of(client),
            {
                part.name: {
                    "client_row_id": client.row_id,
                    "zone_row_id": client.zone.row_id,
                    "description": part.description,
                    "folded_name": folded_name(part.name),
                }
                for part in declared
            },
            kept=in_use,
        )
        replacing.pairs(
            role_collection_role,
            "role_collection_row_id",
            set(ids.values()) - in_use,
            {
                (ids[part.name], roles[template]): {}
                for part in declared
                for template in part.templates
                if ids[part.name] not in in_use
            },
        )

    def names(self, client: Client) -> set[str]:
        """Return the names of the client's declared collections."""
        query = select(role_collection.c.name).where(_of(client))
        return set(self._connection.execute(query).scalars())

    def of_others(self, client: Client, names: Collection[str]) -> dict[str, str]:
        """Return the zone's other collections that resemble the names, by their folded form."""
        forms = {folded_name(name) for name in names}
        if not forms:
            return {}
        found = self._connection.execute(
            select(role_collection.c.name).where(
                role_collection.c.zone_row_id == client.zone.row_id,
                role_collection.c.client_row_id.is_distinct_from(client.row_id),
                or_(
                    role_collection.c.folded_name.in_(forms),
                    # Written by an older version, also beside this one.
                    role_collection.c.folded_name.is_(None),
                ),
            )
        ).scalars()
        return {form: name for name in found if (form := folded_name(name)) in forms}

    def in_use(self, client: Client) -> dict[str, Use]:
        """Return the use of the client's declared collections that are in use, by name."""
        assignments, mappings = (
            select(func.count()).where(column == role_collection.c.id).scalar_subquery().label(kind)
            for column, kind in (
                (role_assignment.c.role_collection_row_id, "assignments"),
                (role_mapping.c.role_collection_row_id, "mappings"),
            )
        )
        rows = self._connection.execute(
            select(role_collection.c.name, assignments, mappings).where(_of(client), IS_IN_USE)
        )
        return {row.name: Use(row.assignments, row.mappings) for row in rows}

    def own_templates(self, client: Client) -> dict[str, set[str]]:
        """Return the client's own templates in each of its declared collections, by name."""
        rows = self._connection.execute(
            select(role_collection.c.name, role_template.c.name.label("template"))
            .join(
                role_collection_role,
                role_collection_role.c.role_collection_row_id == role_collection.c.id,
            )
            .join(role, role.c.id == role_collection_role.c.role_row_id)
            .join(role_template, role_template.c.id == role.c.role_template_row_id)
            .where(_of(client))
        )
        found: dict[str, set[str]] = {}
        for row in rows:
            found.setdefault(row.name, set()).add(row.template)
        return found

    def end_use(self, client: Client, names: Collection[str] | None = None) -> Use:
        """Delete the assignments and mappings of these collections; None stands for all.

        The roles epochs of the users advance. Return the numbers.
        """
        own = select(role_collection.c.id).where(_of(client))
        if names is not None:
            own = own.where(role_collection.c.name.in_(names))
        return end_use(self._connection, own.scalar_subquery())

    def leave_made_by_administrators(self, client: Client) -> None:
        """Take the client's roles out of the collections that administrators made."""
        roles = (
            select(role.c.id)
            .join(role_template, role_template.c.id == role.c.role_template_row_id)
            .where(role_template.c.client_row_id == client.row_id)
        )
        made = select(role_collection.c.id).where(~role_collection.c.is_read_only)
        execute_later(
            self._connection,
            delete(role_collection_role).where(
                role_collection_role.c.role_row_id.in_(roles),
                role_collection_role.c.role_collection_row_id.in_(made),
            ),
        )


def end_use(connection: Connection, collections: ColumnElement[int]) -> Use:
    """Delete assignments and mappings of the collections in the subquery; return the numbers."""
    assigned = role_assignment.c.role_collection_row_id.in_(collections)
    execute_later(
        connection,
        update(shadow_user)
        .where(shadow_user.c.id.in_(select(role_assignment.c.user_row_id).where(assigned)))
        .values(roles_epoch=shadow_user.c.roles_epoch + 1),
    )
    mapped = role_mapping.c.role_collection_row_id.in_(collections)
    return Use(
        connection.execute(delete(role_assignment).where(assigned)).rowcount,
        connection.execute(delete(role_mapping).where(mapped)).rowcount,
    )


def hold_names(connection: Connection, collection_row_id: int) -> None:
    """Record that the applications of a collection in use are held after their deletion (D-55)."""
    in_collection = (
        select(role_template.c.client_row_id)
        .join(role, role.c.role_template_row_id == role_template.c.id)
        .join(role_collection_role, role_collection_role.c.role_row_id == role.c.id)
        .where(role_collection_role.c.role_collection_row_id == collection_row_id)
    )
    owner = select(role_collection.c.client_row_id).where(role_collection.c.id == collection_row_id)
    referenced = (
        select(application_reference.c.target_row_id)
        .join(
            role_collection,
            (role_collection.c.client_row_id == application_reference.c.client_row_id)
            & (role_collection.c.name == application_reference.c.holder),
        )
        .where(
            role_collection.c.id == collection_row_id,
            application_reference.c.usage == Usage.ROLE_TEMPLATE_REFERENCES,
        )
    )
    execute_later(
        connection,
        update(client_table)
        .where(
            client_table.c.holds_name == false(),
            or_(
                client_table.c.id.in_(in_collection),
                client_table.c.id.in_(owner),
                client_table.c.id.in_(referenced),
            ),
        )
        .values(holds_name=True),
    )


def _of(client: Client) -> ColumnElement[bool]:
    # The built-in application also owns the collections that administrators made.
    return (role_collection.c.client_row_id == client.row_id) & role_collection.c.is_read_only
