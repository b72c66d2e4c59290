"""The look-up of what decides a user's rights at a client (I-143)."""

from __future__ import annotations

from collections import defaultdict
from json import JSONDecoder
from typing import TYPE_CHECKING, Any

from broker.authorization.decision.assigned import (
    Assigned,
    ForeignScope,
    HeldRole,
    Membership,
    RoleAttribute,
    TemplateAttribute,
)
from broker.identity.user import GROUP_ATTRIBUTES
from broker.store.authorization.common_columns import Kind
from broker.store.authorization.rights_statement import (
    ACCEPTED,
    ASSIGNED,
    ASSIGNED_OR_MAPPED,
    rights_statement,
)
from broker.store.authorization.scope_candidates import candidates_only, with_candidates
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import Engine, Row

    from broker.identity.client import Client
    from broker.identity.user import Snapshot, User

    _Rows = Sequence[Row[*tuple[Any, ...]]]

_decode = JSONDecoder().raw_decode
_MAX_VALUES = 2000
"""Values of a provider that are compared with mappings."""


class StoredRoles:
    """Looks up a user's roles in one statement, always as currently committed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)

    def of(self, user: User, client: Client) -> Assigned:
        """Return what decides the user's rights at the client; exactly one statement."""
        statement = ASSIGNED if user.snapshot is None else ASSIGNED_OR_MAPPED
        return _Reader(self._rows(statement, _values(user, client))).assigned()

    def with_candidates(
        self, user: User, client: Client, scopes: Sequence[str]
    ) -> tuple[Assigned, Assigned]:
        """Return the same, and what the collections that contain a scope would give instead.

        Exactly one statement.
        """
        statement = with_candidates(user.zone, scopes, has_snapshot=user.snapshot is not None)
        reader = _Reader(self._rows(statement, _values(user, client)))
        return reader.assigned(), reader.assigned(is_candidate=True)

    def containing(self, client: Client, scope: str) -> Assigned:
        """Return the collections of the client's zone that contain the scope, as candidates."""
        candidates = candidates_only(client.zone, [scope])
        if candidates is None:
            return Assigned()
        values = {"client": client.row_id, "zone": client.zone.row_id}
        return _Reader(self._rows(rights_statement(candidates), values)).assigned(is_candidate=True)

    def accepted(self, client: Client, scopes: Collection[str]) -> Collection[str]:
        """Return those of the scopes that other applications grant and the client accepts."""
        # No scope has an unprintable name, and PostgreSQL refuses to look up some of them.
        printable = sorted(scope for scope in scopes if scope.isprintable())
        parts = [scope.partition(".") for scope in printable[:_MAX_VALUES]]
        values = {
            "client": client.row_id,
            "zone": client.zone.row_id,
            "applications": sorted({app_id for app_id, _, _ in parts}),
            "names": sorted({name for _, _, name in parts}),
        }
        found = {f"{row.app_id}.{row.holder}" for row in self._rows(ACCEPTED, values)}
        return found.intersection(scopes)

    def _rows(self, statement: Any, values: dict[str, Any]) -> _Rows:
        with translating(), self._engine.connect() as connection:
            return connection.execute(statement, values).all()


def _values(user: User, client: Client) -> dict[str, Any]:
    values = {"user": user.row_id, "client": client.row_id, "zone": user.zone.row_id}
    if user.snapshot is None:
        return values
    return {**values, "origin": user.origin, **_mapped(user.snapshot)}


def _mapped(snapshot: Snapshot) -> dict[str, list[str]]:
    attributes = {*snapshot.attributes, *(GROUP_ATTRIBUTES if snapshot.groups else ())}
    values = {*snapshot.groups, *(each for some in snapshot.attributes.values() for each in some)}
    return {
        "attributes": sorted(attributes)[:_MAX_VALUES],
        "values": sorted(values)[:_MAX_VALUES],
    }


class _Reader:
    """Collects the rows of the statement, some of which are repeated."""

    def __init__(self, rows: _Rows) -> None:
        self._memberships: dict[bool, list[Membership]] = {False: [], True: []}
        self._roles: dict[int, tuple[Any, ...]] = {}
        self._collections = defaultdict[int, dict[int, None]](dict)
        self._template_attributes = defaultdict[int, dict[str, TemplateAttribute]](dict)
        self._attributes = defaultdict[int, dict[str, RoleAttribute]](dict)
        self._foreign = defaultdict[int, dict[ForeignScope, None]](dict)
        self._granted: dict[str, bool] = {}
        self._is_approved = False
        for row in rows:
            self._add(row)

    def assigned(self, *, is_candidate: bool = False) -> Assigned:
        """Return what the rows say; roles without a membership have no effect."""
        roles = tuple(map(self._role, self._roles.values()))
        memberships = tuple(self._memberships[is_candidate])
        return Assigned(memberships, roles, self._granted, self._is_approved)

    def _add(self, row: Row[*tuple[Any, ...]]) -> None:
        kind, a, b, c, d, one, two, three, four, flag, time = row
        match kind:
            case Kind.ROLE:
                self._roles[a] = (a, one, two, d, three, bool(flag), four, c)
                self._collections[a][b] = None
            case Kind.MEMBERSHIP:
                mapping = None if two is None else (two, three)
                self._memberships[bool(flag)].append(Membership(a, one, time, mapping))
            case Kind.TEMPLATE_ATTRIBUTE if one not in self._template_attributes[a]:
                values = _strings(two)
                self._template_attributes[a][one] = TemplateAttribute(one, values, bool(flag))
            case Kind.ROLE_ATTRIBUTE:
                self._attributes[a][one] = RoleAttribute(two, _strings(three))
            case Kind.FOREIGN_SCOPE:
                name = one if two else f"{three or four}.{one}"
                self._foreign[a][ForeignScope(name, two, bool(flag), bool(d))] = None
                if b:
                    self._granted[f"{two}.{one}"] = bool(c)
            case Kind.GRANTED_SCOPE:
                self._granted[f"{one}.{two}"] = bool(flag)
            case Kind.CLIENT:
                self._is_approved = bool(flag)

    def _role(self, row: tuple[Any, ...]) -> HeldRole:
        row_id, name, template, client_row_id, app_id, is_default, scopes, template_id = row
        return HeldRole(
            row_id=row_id,
            name=name,
            template=template,
            client_row_id=client_row_id,
            app_id=app_id,
            collection_row_ids=tuple(self._collections[row_id]),
            is_default=is_default,
            scopes=_strings(scopes),
            foreign_scopes=tuple(self._foreign[template_id]),
            template_attributes=tuple(self._template_attributes[template_id].values()),
            attributes=self._attributes[row_id],
        )


def _strings(text: str) -> tuple[str, ...]:
    """Return the strings of a JSON list as written here; a damaged list gives nothing."""
    try:
        # A third of the time of json.loads, for dozens of short texts.
        found, end = _decode(text)
    except (ValueError, TypeError, RecursionError):
        return ()
    is_whole = isinstance(found, list) and end == len(text)
    return tuple([each for each in found if isinstance(each, str)]) if is_whole else ()
