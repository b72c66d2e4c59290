"""The valid parts of a document with errors, so that all violations are reported together."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.paths import json_path

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    Location = tuple[int | str, ...]

_PLACEHOLDERS: Final[Mapping[str, Any]] = {
    "scopes": {"name": "$XSAPPNAME.stand-in:{index}"},
    "attributes": {"name": "stand_in_{index}"},
    "role-templates": {"name": "stand-in-{index}"},
    "role-collections": {"name": "stand-in {index}", "role-template-references": []},
    "authorities": "uaa.user",
    "foreign-scope-references": "uaa.user",
}
"""Replacements for invalid entries, so that later entries keep their index."""

_APPLICATION: Final = "$XSAPPNAME(application,stand-in)"
_REFERENCES: Final[Mapping[str, Any]] = {
    "granted-apps": _APPLICATION,
    "grant-as-authority-to-apps": _APPLICATION,
    "scope-references": "uaa.user",
    "attribute-references": {"name": "stand_in", "default-values": ["stand-in"]},
    "role-template-references": f"{_APPLICATION}.stand-in",
}
"""Replacements for invalid references of an entry."""

_DEFINING: Final = ("scopes", "attributes", "role-templates")


def without_broken_parts(document: Mapping[str, Any], broken: Iterable[Location]) -> dict[str, Any]:
    """Return a copy of the document with the parts at ``broken`` locations removed or replaced.

    Violations of the copy at these locations, see ``is_inside``, are not the author's.
    """
    rest: dict[str, Any] = copy.deepcopy(dict(document))
    for location in broken:
        match location:
            case ("xsappname", *_):
                rest["xsappname"] = "stand-in"
            case (str(key), int(index), *inner) if key in _PLACEHOLDERS:
                placeholder = _placeholder(_PLACEHOLDERS[key], index)
                if inner and isinstance(placeholder, dict):
                    _repair(rest[key][index], placeholder, tuple(inner))
                else:
                    rest[key][index] = placeholder
            case ("oauth2-configuration", "redirect-uris", int(index), *_):
                rest["oauth2-configuration"]["redirect-uris"][index] = "https://stand-in.example"
            case ("oauth2-configuration", str(key), *_):
                rest["oauth2-configuration"].pop(key, None)
            case (str(key), *_):
                rest.pop(key, None)
    return rest


def _repair(entry: dict[str, Any], placeholder: Mapping[str, Any], broken: Location) -> None:
    """Replace or remove one member of an entry, so that its other members are checked."""
    match broken:
        case ("attribute-references", int(index), "default-values", *_):
            entry["attribute-references"][index]["default-values"] = ["stand-in"]
        case (str(key), int(index), *_) if key in _REFERENCES:
            entry[key][index] = copy.deepcopy(_REFERENCES[key])
        case (str(key), *_) if key in placeholder:
            entry[key] = placeholder[key]
        case ("valueRequired", *_):
            entry["valueRequired"] = False
        case (str(key), *_):
            entry.pop(key, None)


def broken_paths(broken: Iterable[Location]) -> frozenset[str]:
    """Return the JSON paths of the locations.

    An attribute reference without valid name is invalid as a whole: it refers to nothing.
    """
    return frozenset(json_path(_whole_reference(location)) for location in broken)


def _whole_reference(location: Location) -> Location:
    match location:
        case ("role-templates", int(), "attribute-references", int(), "name", *_):
            return location[:4]
        case _:
            return location


def is_inside(path: str, paths: Collection[str]) -> bool:
    """Return whether ``path`` is one of ``paths`` or below one."""
    ends = [found.start() for found in re.finditer(r"[.\[]", path)]
    return path in paths or any(path[:end] in paths for end in ends)


def hidden_definitions(broken: Iterable[Location]) -> frozenset[str]:
    """Return the lists whose broken parts may have defined names: ``scopes`` and so on."""
    return frozenset(
        str(location[0])
        for location in broken
        if location and location[0] in _DEFINING and (location[2:3] in {(), ("name",)})
    )


def defining_list(path: str) -> str:
    """Return the list that defines the names of the reference at ``path``."""
    if ".attribute-references[" in path:
        return "attributes"
    return "role-templates" if ".role-template-references[" in path else "scopes"


def _placeholder(template: Any, index: int) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        key: value.format(index=index) if isinstance(value, str) else value
        for key, value in template.items()
    }
