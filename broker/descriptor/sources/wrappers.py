"""Wrappers around a descriptor: MTA resources, the btp CLI's requests, Kubernetes manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.leniency import unwrapped
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.descriptor.part import DescriptorPart

_STEPS: Final = ("spec", "parameters", "config")
"""The keys of wrappers, from the outermost."""

_MTA_PATH: Final = "resources[].parameters.config"


class Wrapper(Violation):
    """The parameters contain the wrapper of a descriptor; ``path`` is the place of the latter."""

    def __str__(self) -> str:
        """Return the sentence for the user."""
        return f"this is the wrapper: send what stands below `{self.path}`"


def wrapper_path(document: Mapping[str, Any], part: type[DescriptorPart]) -> tuple[str, ...]:
    """Return the keys that lead to the wrapped object; none for an object without wrapper.

    An object with a key of ``part`` is no wrapper, whatever else it contains.
    """
    known = {str(field.alias) for field in part.model_fields.values()} - {"description"}
    path: list[str] = []
    while not any(key.strip() in known for key in document):
        step = next((key for key in _STEPS if isinstance(document.get(key), dict)), None)
        if step is None:
            break
        path.append(step)
        document = document[step]
    return tuple(path)


def refuse_wrapper(document: Mapping[str, Any], part: type[DescriptorPart]) -> None:
    """Raise InvalidRequest if the document is the wrapper of a document of type ``part``."""
    inner = unwrapped(document)
    path = ".".join(wrapper_path(inner, part))
    if is_mta(inner):
        path = _MTA_PATH
    if path:
        raise InvalidRequest([Wrapper(path, "the wrapper", f"what stands below `{path}`")])


def is_mta(document: Mapping[str, Any]) -> bool:
    """Return whether the document is an MTA descriptor."""
    return "_schema-version" in document and isinstance(document.get("ID"), str)
