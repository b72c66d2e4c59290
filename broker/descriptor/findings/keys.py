"""Unknown keys: what the author probably meant, and where a misplaced key belongs."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.binding import BindingParameters
from broker.descriptor.model import Descriptor
from broker.descriptor.part import DescriptorPart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic.fields import FieldInfo

    Location = tuple[int | str, ...]

_CREDENTIAL_TYPE: Final = (
    "oauth2-configuration.credential-types in the descriptor, or credential-type in the parameters"
    " of a binding"
)
_MISPLACED: Final = {
    ("credentialtype",): _CREDENTIAL_TYPE,
    ("oauth2-configuration", "credentialtype"): _CREDENTIAL_TYPE,
}
"""Keys of descriptors, without separators, that have more than one right place."""

_COMMON: Final = frozenset({"name", "description"})
"""Keys of so many objects that another place is no suggestion."""


class KeyFinder:
    """Finds known keys like the unknown ones of a document of type ``part``."""

    def __init__(self, part: type[DescriptorPart]) -> None:
        """Compute the places of all known keys; a finder serves all errors of one document."""
        self._part = part
        self._elsewhere = _elsewhere(part)
        self._similar: dict[tuple[str, tuple[str, ...]], str | None] = {}

    def slip(self, location: Location) -> str | None:
        """Return the key of the same object that differs in case, separators or plural only."""
        wanted = _slug(str(location[-1]))
        for key in _keys(_part_at(self._part, location[:-1])):
            if wanted in {_slug(key), _slug(key) + "s", _slug(key).removesuffix("s")}:
                return key
        return None

    def nearest(self, location: Location) -> str | None:
        """Return the most similar key of the same object, if any is similar."""
        known = tuple(_keys(_part_at(self._part, location[:-1])))
        return self.slip(location) or self._most_similar(str(location[-1]).strip().lower(), known)

    def _most_similar(self, key: str, known: tuple[str, ...]) -> str | None:
        """Return a similar key; documents repeat misspelled ones, and the comparison takes time."""
        if (key, known) not in self._similar:
            near = get_close_matches(key, known, n=1)
            self._similar[key, known] = next(iter(near), None)
        return self._similar[key, known]

    def unknown(self, location: Location) -> tuple[str, str]:
        """Return the finding about an unknown key, and the allowed keys or the right places."""
        key = str(location[-1]).strip()
        place = tuple(step for step in location if isinstance(step, str))
        places = _MISPLACED.get((*place[:-1], _slug(key)))
        if self._part is Descriptor and places is not None:
            return "unknown key", places
        known = _keys(_part_at(self._part, location[:-1]))
        near = self.slip(location)
        if near is None and (right := self._elsewhere.get(_slug(key))) is not None:
            return f"unknown key here, did you mean {right}?", ", ".join(known)
        near = near or self.nearest(location)
        found = f'unknown key, did you mean "{near}"?' if near else "unknown key"
        return found, ", ".join(known)


def field_at(part: type[DescriptorPart], location: Location) -> FieldInfo | None:
    """Return the field of a known key; None for entries of lists and unknown keys."""
    if not location or isinstance(location[-1], int):
        return None
    fields = _part_at(part, location[:-1]).model_fields.values()
    return next((field for field in fields if field.alias == location[-1]), None)


def _elsewhere(part: type[DescriptorPart]) -> Mapping[str, str]:
    """Return the places of keys by slug, those of the document's own type first."""
    other = Descriptor if part is BindingParameters else BindingParameters
    suffix = {
        Descriptor: " in the descriptor of the service instance",
        BindingParameters: " in the parameters of a binding",
    }[other]
    places: dict[str, str] = {}
    for root, addition in ((part, ""), (other, suffix)):
        for key, place in _places(root, ""):
            if key not in _COMMON:
                places.setdefault(_slug(key), f'"{place}"{addition}')
    return places


def _places(part: type[DescriptorPart], prefix: str) -> Iterator[tuple[str, str]]:
    for field in part.model_fields.values():
        key = str(field.alias)
        yield key, prefix + key
        inner = _model_inside(field.annotation)
        if inner is not None:
            is_list = "list" in str(field.annotation)
            yield from _places(inner, f"{prefix}{key}{'[]' if is_list else ''}.")


def _slug(key: str) -> str:
    return key.strip().lower().replace("-", "").replace("_", "")


def _keys(part: type[DescriptorPart]) -> list[str]:
    return [str(field.alias) for field in part.model_fields.values()]


def _part_at(part: type[DescriptorPart], location: Location) -> type[DescriptorPart]:
    """Return the type of the object at a location."""
    for step in location:
        if isinstance(step, int):
            continue
        field = next(f for f in part.model_fields.values() if f.alias == step)
        part = _model_inside(field.annotation) or part
    return part


def _model_inside(annotation: Any) -> type[DescriptorPart] | None:
    if isinstance(annotation, type) and issubclass(annotation, DescriptorPart):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if found := _model_inside(argument):
            return found
    return None
