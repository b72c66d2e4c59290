"""Old words of XSUAA that real descriptors still contain, and today's spelling of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.model import GrantType
from broker.descriptor.names import is_platform_scope
from broker.descriptor.paths import json_path
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    Location = tuple[int | str, ...]

TEMPLATE_KEYS: Final[Mapping[str, str]] = {
    "scopeReferences": "scope-references",
    "attributeReferences": "attribute-references",
}
"""The keys of role templates that XSUAA reads in both spellings; it refuses all others."""

_SCOPE_LISTS: Final = ("authorities", "foreign-scope-references")


def modernised(document: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    """Return the document in today's spelling; append a note on each old word.

    Values of an unexpected type are left unchanged. Raises InvalidRequest for a key in both
    spellings.
    """
    templates = document.get("role-templates")
    if isinstance(templates, list):
        templates = [
            _template(part, ("role-templates", index), notes)
            for index, part in enumerate(templates)
        ]
        document = {**document, "role-templates": templates}
    scopes = document.get("scopes")
    if isinstance(scopes, list):
        scopes = [
            _with_scopes(part, ("scopes", index), ("name",), notes)
            for index, part in enumerate(scopes)
        ]
        document = {**document, "scopes": scopes}
    _note_grant_types(document.get("oauth2-configuration"), notes)
    lists = {key: _scopes(document[key], (key,), notes) for key in _SCOPE_LISTS if key in document}
    return document | lists


def _template(part: Any, location: Location, notes: list[str]) -> Any:
    if not isinstance(part, dict):
        return part
    result: dict[str, Any] = {}
    for key, value in part.items():
        today = TEMPLATE_KEYS.get(key, key)
        if today in result or (today != key and today in part):
            path = json_path((*location, key))
            raise InvalidRequest.at(path, f"duplicate of {today}", "one of the two spellings")
        if today != key:
            notes.append(f"{json_path((*location, key))} is read as {today}, today's spelling.")
        result[today] = value
    return _with_scopes(result, location, ("scope-references",), notes)


def _with_scopes(part: Any, location: Location, keys: tuple[str, ...], notes: list[str]) -> Any:
    """Return the object with ``uaa.user`` for ``$uaa.user`` in these members."""
    if not isinstance(part, dict):
        return part
    return part | {key: _scopes(part[key], (*location, key), notes) for key in keys if key in part}


def _scopes(value: Any, location: Location, notes: list[str]) -> Any:
    if isinstance(value, list):
        return [_scopes(text, (*location, index), notes) for index, text in enumerate(value)]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    today = value.removeprefix("$")
    if not is_platform_scope(today):
        return value
    notes.append(f"{json_path(location)}: {value} is read as {today}, today's spelling.")
    return today


def _note_grant_types(configuration: Any, notes: list[str]) -> None:
    types = configuration.get("grant-types") if isinstance(configuration, dict) else None
    if isinstance(types, list) and GrantType.CLIENT_X509 in types:
        path = json_path(
            ("oauth2-configuration", "grant-types", types.index(GrantType.CLIENT_X509))
        )
        notes.append(
            f"{path}: {GrantType.CLIENT_X509} allows client_credentials with a certificate only,"
            " which requires x509 among credential-types;"
            ' today\'s spelling is client_credentials with "credential-types": ["x509"].'
        )
