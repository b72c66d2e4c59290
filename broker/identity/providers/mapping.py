"""The meaning of a provider's claims: the user's attributes, groups and names (I-41 to I-43)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.errors import GrantRefused
from broker.identity.logon import ProviderIdentity
from broker.identity.providers.configuration import (
    ATTRIBUTE_PREFIX,
    EXTERNAL_GROUPS,
    GROUPS,
    SINGLE_VALUED,
    USER_NAME,
)
from broker.identity.user import GROUP_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from broker.identity.providers.configuration import ProviderConfiguration

_CLAIM_NAMES = "_claim_names"
"""Claims that the provider left out of the token (OpenID Connect Core section 5.6.2)."""


def identity_of(
    configuration: ProviderConfiguration, claims: Mapping[str, Any]
) -> ProviderIdentity:
    """Return what the claims state about the user; limits of numbers are applied when stored.

    Raises GrantRefused (``access_denied``) without a ``sub`` or user name, and for a single-valued
    attribute with several values.
    """
    mappings = configuration.mappings
    single = {name: _single(name, claims, mappings.get(name, ())) for name in SINGLE_VALUED}
    sub, name = _text(claims.get("sub")), single[USER_NAME]
    if not sub or not name:
        missing = USER_NAME if sub else "sub"
        raise _refused(f"The identity provider sent no {missing}.")
    keeps = configuration.store_custom_attributes
    groups = tuple(_groups(configuration, claims)) if keeps else ()
    attributes = _attributes(mappings, claims) if keeps else {}
    return ProviderIdentity(
        sub=sub,
        name=name,
        email=single["email"],
        email_verified=single["email_verified"] == "true",
        given_name=single["given_name"],
        family_name=single["family_name"],
        phone=single["phone_number"],
        user_uuid=single["user_uuid"],
        locale=single["locale"],
        groups=groups,
        attributes=_named_groups(configuration, groups) | attributes,
        omits_groups=keeps and _omits_groups(configuration, claims),
    )


def _omits_groups(configuration: ProviderConfiguration, claims: Mapping[str, Any]) -> bool:
    """Return whether the provider sent no groups because they are too many (I-43)."""
    omitted = claims.get(_CLAIM_NAMES)
    names = omitted if isinstance(omitted, dict) else {}
    return any(claim in names for claim in _group_claims(configuration))


def _single(name: str, claims: Mapping[str, Any], sources: Sequence[str]) -> str | None:
    values = _values(claims.get(sources[0])) if sources else []
    if len(values) > 1:
        raise _refused(f"The identity provider sent several values of {name}: it is ambiguous.")
    return values[0] if values else None


def _group_claims(configuration: ProviderConfiguration) -> list[str]:
    mappings = configuration.mappings
    return [*mappings[GROUPS], *mappings.get(EXTERNAL_GROUPS, ())]


def _groups(configuration: ProviderConfiguration, claims: Mapping[str, Any]) -> Iterator[str]:
    """Yield each listed group once, in the order of the claims; a string is a comma list."""
    patterns, found = configuration.external_groups_whitelist, dict[str, None]()
    for claim in _group_claims(configuration):
        value = claims.get(claim)
        names = value.split(",") if isinstance(value, str) else _values(value)
        found.update(dict.fromkeys(map(str.strip, names)))
    for group in found:
        if group and (not patterns or any(matches(pattern, group) for pattern in patterns)):
            yield group


def _named_groups(
    configuration: ProviderConfiguration, groups: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the groups by their claims: role mappings may name these, too (I-42)."""
    claims = _group_claims(configuration) if groups else []
    return {claim: groups for claim in claims if claim not in GROUP_ATTRIBUTES}


def _attributes(
    mappings: Mapping[str, Sequence[str]], claims: Mapping[str, Any]
) -> dict[str, tuple[str, ...]]:
    found = {}
    for name, sources in mappings.items():
        if name.startswith(ATTRIBUTE_PREFIX) and name != GROUPS:
            values = [value for source in sources for value in _values(claims.get(source))]
            if values:
                found[name.removeprefix(ATTRIBUTE_PREFIX)] = tuple(dict.fromkeys(values))
    return found


def _values(value: object) -> list[str]:
    """Return a claim as texts; objects and nested lists have no value."""
    entries = value if isinstance(value, list) else [value]
    return [text for each in entries if (text := _text(each)) is not None]


def _text(value: object) -> str | None:
    match value:
        case bool():
            return str(value).lower()
        case str() | int() | float():
            return str(value)
        case _:
            return None


def matches(pattern: str, text: str) -> bool:
    """Return whether the text matches the pattern, in which ``*`` is any text; no backtracking."""
    head, *parts = pattern.split("*")
    if not parts:
        return text == head
    if not text.startswith(head) or len(text) < len(head) + len(parts[-1]):
        return False
    position, end = len(head), len(text) - len(parts[-1])
    for part in parts[:-1]:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return text.endswith(parts[-1])


def _refused(text: str) -> GrantRefused:
    return GrantRefused("access_denied", text, is_unauthorized=True)
