"""The valid parts of a document with errors, so that all violations are reported together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def without_broken_parts(document: Mapping[str, Any], broken: Iterable[Location]) -> dict[str, Any]:
    """Return the document with the parts at ``broken`` locations removed or replaced."""
    rest: dict[str, Any] = {
        key: part.copy() if isinstance(part, list | dict) else part
        for key, part in document.items()
    }
    for location in broken:
        match location:
            case ("xsappname", *_):
                rest["xsappname"] = "stand-in"
            case (str(key), int(index), *_) if key in _PLACEHOLDERS:
                rest[key][index] = _placeholder(_PLACEHOLDERS[key], index)
            case ("oauth2-configuration", str(key), *_):
                rest["oauth2-configuration"].pop(key, None)
            case (str(key), *_):
                rest.pop(key, None)
    return rest


def _placeholder(template: Any, index: int) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        key: value.format(index=index) if isinstance(value, str) else value
        for key, value in template.items()
    }
