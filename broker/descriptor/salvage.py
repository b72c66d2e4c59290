"""The sound remainder of a document with broken parts, so that every error comes at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Location = tuple[int | str, ...]

_STAND_INS: Final[Mapping[str, Any]] = {
    "scopes": {"name": "$XSAPPNAME.stand-in:{index}"},
    "attributes": {"name": "stand_in_{index}"},
    "role-templates": {"name": "stand-in-{index}"},
    "role-collections": {"name": "stand-in {index}", "role-template-references": []},
    "authorities": "uaa.user",
    "foreign-scope-references": "uaa.user",
}
"""What takes a broken entry's place, so that the entries behind it keep their index."""


def without_broken_parts(document: Mapping[str, Any], broken: Iterable[Location]) -> dict[str, Any]:
    """Return the document with every part at the ``broken`` locations left out or replaced."""
    rest: dict[str, Any] = {
        key: part.copy() if isinstance(part, list | dict) else part
        for key, part in document.items()
    }
    for location in broken:
        match location:
            case ("xsappname", *_):
                rest["xsappname"] = "stand-in"
            case (str(key), int(index), *_) if key in _STAND_INS:
                rest[key][index] = _stand_in(_STAND_INS[key], index)
            case ("oauth2-configuration", str(key), *_):
                rest["oauth2-configuration"].pop(key, None)
            case (str(key), *_):
                rest.pop(key, None)
    return rest


def _stand_in(template: Any, index: int) -> Any:
    if not isinstance(template, dict):
        return template
    return {
        key: value.format(index=index) if isinstance(value, str) else value
        for key, value in template.items()
    }
