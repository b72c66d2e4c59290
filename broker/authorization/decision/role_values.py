"""The attribute values of a role, which fail closed (I-137, I-140, decision 0054)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from broker.authorization.decision.assigned import RoleAttribute, ValueSource
from broker.errors import GrantRefused
from broker.identity.user import GROUP_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from broker.authorization.decision.assigned import HeldRole, TemplateAttribute
    from broker.identity.user import Snapshot

_MAX_VALUES = 100
_MAX_LENGTH = 255
MAX_UNITED = 1000


class RoleValues(NamedTuple):
    """The values by attribute without unrestricted ones; ``missing`` is an attribute without any.

    A role with a missing attribute gives nothing: neither scopes, nor values of others.
    """

    by_attribute: Mapping[str, Collection[str]]
    missing: str | None = None


def provided(snapshot: Snapshot | None) -> Mapping[str, Collection[str]]:
    """Return the values that the provider sent by attribute; its groups have two names."""
    if snapshot is None:
        return {}
    values = {name: set(each) for name, each in snapshot.attributes.items()}
    if snapshot.groups:
        for name in GROUP_ATTRIBUTES:
            values.setdefault(name, set()).update(snapshot.groups)
    return values


def role_values(role: HeldRole, provider: Mapping[str, Collection[str]]) -> RoleValues:
    """Return the role's values; the values of the provider by attribute are ``provider``."""
    found: dict[str, Collection[str]] = {}
    for attribute in role.template_attributes:
        own = _of_default(attribute) if role.is_default else role.attributes.get(attribute.name)
        if own is None:
            if attribute.is_required:
                return RoleValues({}, attribute.name)
            continue
        if own.source == ValueSource.UNRESTRICTED:
            continue
        values = _values(own, provider)
        if not values:
            return RoleValues({}, attribute.name)
        found[attribute.name] = values
    return RoleValues(found)


def united(roles: Iterable[RoleValues]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the union by attribute, sorted.

    Raises GrantRefused if a role or the union has more values than the maximum (I-138).
    """
    values: dict[str, set[str]] = {}
    for role in roles:
        for name, more in role.by_attribute.items():
            if len(more) > _MAX_VALUES or any(len(value) > _MAX_LENGTH for value in more):
                maximum = f"{_MAX_VALUES} values of {_MAX_LENGTH} characters"
                raise _too_many(f"Attribute {name} of a role", maximum)
            values.setdefault(name, set()).update(more)
    if sum(map(len, values.values())) > MAX_UNITED:
        raise _too_many("The claim xs.user.attributes", f"{MAX_UNITED} values")
    return tuple((name, tuple(sorted(values[name]))) for name in sorted(values))


def _of_default(attribute: TemplateAttribute) -> RoleAttribute | None:
    values = attribute.default_values
    return RoleAttribute(ValueSource.STATIC, values) if values else None


def _values(own: RoleAttribute, provider: Mapping[str, Collection[str]]) -> Collection[str]:
    match own.source:
        case ValueSource.STATIC:
            return own.values
        case ValueSource.PROVIDER:
            return {value for name in own.values for value in provider.get(name, ()) if value}
        case _:
            return ()


def _too_many(subject: str, maximum: str) -> GrantRefused:
    return GrantRefused("invalid_request", f"{subject} has too many values; at most {maximum}")
