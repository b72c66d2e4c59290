"""The statement that reads what decides a user's rights at a client (I-143).

One statement sees one state of the database, also when roles change meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    null,
    or_,
    select,
    union_all,
)

from broker.descriptor.declarations import Usage
from broker.descriptor.names import BUILT_IN_NAMES
from broker.store.authorization.common_columns import Kind, common_columns
from broker.store.tables.assignments import role_assignment, role_mapping
from broker.store.tables.core import UtcDateTime, client
from broker.store.tables.declared import (
    application_reference,
    attribute,
    role,
    role_attribute,
    role_collection,
    role_collection_role,
    role_template,
    role_template_attribute,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, CompoundSelect, Table


_grant = application_reference.alias("granting")
_acceptance = application_reference.alias("acceptance")
_target = client.alias("target")
_grantor = client.alias("grantor")


def _is_everything(reference: Any) -> ColumnElement[bool]:
    return and_(reference.c.app_id == "", reference.c.service_instance == "")


def _grants_to(grantee: ColumnElement[int] | Any, grantor: Any) -> ColumnElement[bool]:
    """Return whether a row of ``granted-apps`` grants to the client: ``*`` within the zone only.

    The rows of few grantors are read: SQLite would use the indexes of alternatives joined by OR.
    """
    return and_(
        _grant.c.usage == Usage.GRANTED_APPS,
        case(
            (_is_everything(_grant), grantor.c.zone_row_id == bindparam("zone")),
            else_=_grant.c.target_row_id == grantee,
        ),
    )


def _is_accepted(grantor_row_id: Any, scope: Any) -> ColumnElement[bool]:
    """Return whether ``foreign-scope-references`` or an own role template names it (I-132)."""
    return exists().where(
        _acceptance.c.client_row_id == bindparam("client"),
        or_(
            and_(_acceptance.c.usage == Usage.FOREIGN_SCOPES, _is_everything(_acceptance)),
            and_(
                or_(
                    _acceptance.c.usage == Usage.FOREIGN_SCOPES,
                    _acceptance.c.usage == Usage.SCOPE_REFERENCES,
                ),
                _acceptance.c.target_row_id == grantor_row_id,
                or_(_acceptance.c.name == "", _acceptance.c.name == scope),
            ),
        ),
    )


def rights_statement(members: Any) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the statement for these role collections; its rows may be repeated.

    ``members`` selects the columns of ``in_collection``; a column ``is_candidate`` is the flag of
    the membership. There are few intermediate tables: SQLite allocates 80 KiB for each.
    """
    member = members.cte("member")
    marked = {"flag": member.c.is_candidate} if "is_candidate" in member.c else {}
    own = _held(member).join(
        role_collection_role,
        role_collection_role.c.role_collection_row_id == member.c.collection,
    )
    own = own.join(role, role.c.id == role_collection_role.c.role_row_id).join(
        role_template, role_template.c.id == role.c.role_template_row_id
    )
    # Templates of other applications in a collection that a descriptor declares (I-158).
    referenced = (
        _held(member)
        .join(
            application_reference,
            and_(
                application_reference.c.client_row_id == member.c.owner,
                application_reference.c.usage == Usage.ROLE_TEMPLATE_REFERENCES,
                application_reference.c.holder == member.c.name,
            ),
        )
        .join(
            role_template,
            and_(
                role_template.c.client_row_id
                == func.coalesce(application_reference.c.target_row_id, 0),
                role_template.c.name == application_reference.c.name,
            ),
        )
        .join(role, and_(role.c.role_template_row_id == role_template.c.id, role.c.is_default))
        .where(member.c.is_read_only)
    )
    held = union_all(
        _of_zone(own),
        _of_zone(referenced).where(
            # No descriptor gives a role of a built-in application (I-157).
            *(client.c.app_id.not_like(f"{name}!%") for name in sorted(BUILT_IN_NAMES))
        ),
    ).cte("held")
    application = select(held.c.application.label("id")).distinct().subquery()
    is_reference = and_(
        application_reference.c.client_row_id == held.c.application,
        application_reference.c.usage == Usage.SCOPE_REFERENCES,
        application_reference.c.holder == held.c.template_name,
    )
    return union_all(
        common_columns(Kind.CLIENT, flag=client.c.approved_at.is_not(None)).where(
            client.c.id == bindparam("client")
        ),
        common_columns(
            Kind.MEMBERSHIP,
            a=member.c.collection,
            one=member.c.name,
            two=member.c.attribute,
            three=member.c.value,
            time=member.c.expires_at,
            **marked,
        ),
        common_columns(
            Kind.ROLE,
            a=held.c.role,
            b=held.c.collection,
            c=held.c.template,
            d=held.c.application,
            one=held.c.role_name,
            two=held.c.template_name,
            three=held.c.app_id,
            four=held.c.scopes,
            flag=held.c.is_default,
        ),
        common_columns(
            Kind.TEMPLATE_ATTRIBUTE,
            a=held.c.template,
            one=attribute.c.name,
            two=role_template_attribute.c.default_values,
            flag=attribute.c.value_required,
        )
        .join_from(
            held,
            role_template_attribute,
            role_template_attribute.c.role_template_row_id == held.c.template,
        )
        .join(attribute, attribute.c.id == role_template_attribute.c.attribute_row_id),
        common_columns(
            Kind.ROLE_ATTRIBUTE,
            a=held.c.role,
            one=attribute.c.name,
            two=role_attribute.c.origin,
            three=role_attribute.c.attribute_values,
        )
        .join_from(held, role_attribute, role_attribute.c.role_row_id == held.c.role)
        .join(attribute, attribute.c.id == role_attribute.c.attribute_row_id),
        common_columns(
            Kind.FOREIGN_SCOPE,
            a=held.c.template,
            one=application_reference.c.name,
            two=_target.c.app_id,
            three=application_reference.c.app_id,
            four=application_reference.c.service_instance,
            flag=or_(_target.c.id == held.c.application, _granted_to(held.c.application)),
            b=case((_granted_to(bindparam("client")), 1), else_=0),
            c=case((_is_accepted(_target.c.id, application_reference.c.name), 1), else_=0),
            d=case((_target.c.zone_row_id != bindparam("zone"), 1), else_=0),
        )
        .join_from(held, application_reference, is_reference)
        .outerjoin(_target, _target.c.id == application_reference.c.target_row_id),
        common_columns(
            Kind.GRANTED_SCOPE,
            one=_grantor.c.app_id,
            two=_grant.c.holder,
            flag=_is_accepted(_grant.c.client_row_id, _grant.c.holder),
        )
        .join_from(application, _grantor, _grantor.c.id == application.c.id)
        .join(_grant, _grant.c.client_row_id == application.c.id)
        .where(application.c.id != bindparam("client"), _grants_to(bindparam("client"), _grantor)),
    )


def _granted_to(grantee: Any) -> ColumnElement[bool]:
    """Return whether the target of a reference grants its scope to the client."""
    return exists().where(
        _grant.c.client_row_id == _target.c.id,
        _grant.c.holder == application_reference.c.name,
        _grants_to(grantee, _target),
    )


def _held(member: Any) -> Select[*tuple[Any, ...]]:
    return select(
        member.c.collection,
        role.c.id.label("role"),
        role.c.name.label("role_name"),
        role.c.is_default,
        role_template.c.id.label("template"),
        role_template.c.name.label("template_name"),
        role_template.c.scopes,
        client.c.id.label("application"),
        client.c.app_id,
    ).select_from(member)


def _of_zone(held: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    # Not a condition on the column alone: SQLite would read all applications of the zone.
    return held.join(client, client.c.id == role_template.c.client_row_id).where(
        func.coalesce(client.c.zone_row_id, 0) == bindparam("zone")
    )


def in_collection(**columns: Any) -> Select[*tuple[Any, ...]]:
    """Return a select of role collections of the zone, with why the user has them."""
    given: dict[str, Any] = {
        "expires_at": cast(null(), UtcDateTime()),
        "attribute": cast(null(), String()),
        "value": cast(null(), String()),
    } | columns
    return select(
        role_collection.c.id.label("collection"),
        role_collection.c.name,
        role_collection.c.client_row_id.label("owner"),
        role_collection.c.is_read_only,
        *(column.label(name) for name, column in given.items()),
    ).where(func.coalesce(role_collection.c.zone_row_id, 0) == bindparam("zone"))


def assigned(**columns: Any) -> Select[*tuple[Any, ...]]:
    """Return a select of the collections that are assigned to the user."""
    return (
        in_collection(expires_at=role_assignment.c.expires_at, **columns)
        .join_from(role_assignment, role_collection, _is_collection_of(role_assignment))
        .where(role_assignment.c.user_row_id == bindparam("user"))
    )


def mapped(**columns: Any) -> Select[*tuple[Any, ...]]:
    """Return a select of the collections by mappings; attributes and values apart."""
    return (
        in_collection(attribute=role_mapping.c.attribute, value=role_mapping.c.value, **columns)
        .join_from(role_mapping, role_collection, _is_collection_of(role_mapping))
        .where(
            role_mapping.c.origin == bindparam("origin"),
            role_mapping.c.attribute.in_(bindparam("attributes", expanding=True)),
            role_mapping.c.value.in_(bindparam("values", expanding=True)),
        )
    )


def _is_collection_of(table: Table) -> ColumnElement[bool]:
    return role_collection.c.id == table.c.role_collection_row_id


# Built once: building a statement takes longer than executing it.
ASSIGNED = rights_statement(assigned())
ASSIGNED_OR_MAPPED = rights_statement(union_all(assigned(), mapped()))
"""With mappings of a provider's values; attributes and values are compared separately."""
ACCEPTED = (
    select(_grantor.c.app_id, _grant.c.holder)
    .distinct()
    .join_from(_grant, _grantor, _grantor.c.id == _grant.c.client_row_id)
    .where(
        _grantor.c.app_id.in_(bindparam("applications", expanding=True)),
        _grant.c.holder.in_(bindparam("names", expanding=True)),
        _grants_to(bindparam("client"), _grantor),
        _is_accepted(_grant.c.client_row_id, _grant.c.holder),
    )
)
