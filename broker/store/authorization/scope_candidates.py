"""The role collections of a zone whose roles contain a scope, whoever has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, func, literal, or_, select, union, union_all

from broker.authorization.decision.assigned import MAX_CANDIDATES
from broker.authorization.user_scopes import OWN_PREFIX
from broker.descriptor.declarations import Usage
from broker.descriptor.names import ADMINISTRATION_SCOPES, USER_SCOPES
from broker.identity.user import is_storable
from broker.store.authorization.rights_statement import (
    assigned,
    in_collection,
    mapped,
    rights_statement,
)
from broker.store.authorization.views.held import TARGET, own_roles, referenced_roles
from broker.store.database.columns import json_text
from broker.store.tables.core import client
from broker.store.tables.declared import application_reference, role_collection, role_template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from broker.identity.zone import Zone

_MAX_SCOPES = 20

_grantor = client.alias("scope_owner")


def _collections_with(zone: Zone, scopes: Sequence[str]) -> Any:
    """Return a select of the row ids of the zone's role collections that contain a scope.

    A template may contain a scope that the decision on rights does not accept there: it decides.
    """
    found = [
        roles.where(or_(*(_contains(scope, application) for scope in scopes)))
        for roles, application in ((own_roles(zone), client), (referenced_roles(zone), TARGET))
    ]
    return select(union(*found).subquery("containing").c.collection)


def with_candidates(zone: Zone, scopes: Sequence[str], *, has_snapshot: bool) -> Any:
    """Return the statement on a user's rights with the collections that contain a scope.

    At most ``MAX_CANDIDATES`` by name, and those of the first 20 scopes.
    """
    found = [assigned(is_candidate=literal(value=False))]
    if has_snapshot:
        found.append(mapped(is_candidate=literal(value=False)))
    if (candidates := candidates_only(zone, scopes)) is not None:
        found.append(candidates)
    return rights_statement(union_all(*found))


def candidates_only(zone: Zone, scopes: Sequence[str]) -> Any:
    """Return a select of the collections that contain a scope; None for no scope of roles."""
    # Every user has those of USER_SCOPES without a role.
    asked = [each for each in scopes if is_storable(each) and each not in USER_SCOPES]
    if not asked:
        return None
    candidates = (
        in_collection(is_candidate=literal(value=True))
        .where(role_collection.c.id.in_(_collections_with(zone, asked[:_MAX_SCOPES])))
        .order_by(role_collection.c.name)
        .limit(MAX_CANDIDATES)
    )
    return select(candidates.subquery("candidate"))


def _contains(scope: str, application: Any) -> ColumnElement[bool]:
    """Return whether the role template of the application contains the scope."""
    if scope in ADMINISTRATION_SCOPES or scope in USER_SCOPES:
        return _has_text(scope)
    app_id, _, name = scope.partition(".")
    is_referenced = exists().where(
        application_reference.c.client_row_id == application.c.id,
        application_reference.c.usage == Usage.SCOPE_REFERENCES,
        application_reference.c.holder == role_template.c.name,
        application_reference.c.name == name,
        application_reference.c.target_row_id == _grantor.c.id,
        _grantor.c.app_id == app_id,
    )
    return or_(and_(application.c.app_id == app_id, _has_text(OWN_PREFIX + name)), is_referenced)


def _has_text(scope: str) -> ColumnElement[bool]:
    # Not LIKE, which ignores the case on SQLite.
    return func.replace(role_template.c.scopes, json_text(scope), "") != role_template.c.scopes
