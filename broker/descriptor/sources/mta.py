"""The xsuaa resources of an MTA descriptor, with the parameters that a deployment would send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from broker.descriptor.paths import printable
from broker.descriptor.sources.yaml_text import MAX_BYTES
from broker.errors import InvalidRequest, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

SERVICE: Final = "xsuaa"
_OLD_TYPES: Final = "com.sap.xs.uaa"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: its name, plan, JSON path of ``config``, and both sources of parameters."""

    name: str
    plan: str
    path: str
    file: str | None
    config: Mapping[str, Any]
    problem: Violation | None = None
    """The reason why the parameters cannot be read, if there is one."""


def resources(document: Mapping[str, Any]) -> Iterator[Resource]:
    """Yield the resources of service xsuaa."""
    listed = document.get("resources")
    for index, resource in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(resource, dict):
            continue
        given = resource.get("parameters")
        parameters = given if isinstance(given, dict) else {}
        if not _is_xsuaa(resource, parameters):
            continue
        path = f"resources[{index}].parameters"
        yield _resource(str(resource.get("name")), parameters, f"{path}.")


def fragment(document: Mapping[str, Any], path: Sequence[str]) -> Resource:
    """Return the resource, or part of one, whose ``config`` is at ``path``."""
    name, parameters = document.get("name"), document
    for step in path[:-1]:
        parameters = parameters[step]
    return _resource(str(name or ""), parameters, "".join(f"{step}." for step in path[:-1]))


def _resource(name: str, parameters: Mapping[str, Any], prefix: str) -> Resource:
    config, file = parameters.get("config"), parameters.get("path")
    problem = None
    if config is not None and not isinstance(config, dict):
        problem = Violation(f"{prefix}config", "no object", "an object")
    if file is not None and not isinstance(file, str):
        problem = Violation(f"{prefix}path", "no text", "the name of a file")
    return Resource(
        name=name,
        plan=str(parameters.get("service-plan", "")),
        path=f"{prefix}config",
        file=file if isinstance(file, str) else None,
        config=config if isinstance(config, dict) else {},
        problem=problem,
    )


def _is_xsuaa(resource: Mapping[str, Any], parameters: Mapping[str, Any]) -> bool:
    type_ = resource.get("type")
    if "service" not in parameters and isinstance(type_, str) and type_.startswith(_OLD_TYPES):
        return True
    return parameters.get("service") == SERVICE


def data_beside(directory: Path, resource: Resource) -> bytes:
    """Return the bytes of the resource's file below the directory of the MTA descriptor.

    One byte more than a descriptor may have shows that the file is longer. Raises InvalidRequest.
    """
    name = resource.file or ""
    place = resource.path.removesuffix("config") + "path"
    allowed = "a file below the directory of the MTA descriptor"
    shown = f'"{printable(name, 200)}"'
    root = directory.resolve()
    try:
        # The build tool also joins both, which makes an absolute path a relative one.
        path = (root / name.lstrip("/")).resolve()
        if not path.is_relative_to(root):
            raise InvalidRequest.at(place, f"{shown} is outside", allowed)
        if not path.is_file():
            raise InvalidRequest.at(place, f"no file {shown}", allowed)
        with path.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no valid file name"
        raise InvalidRequest.at(place, f"{shown}: {reason}", allowed) from None


def merged(content: Mapping[str, Any], config: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return the content of the file with ``config`` on top, as the MTA deployer merges them.

    Objects are merged key by key; lists and other values of ``config`` replace those of the file.
    Raises InvalidRequest if only one of two values is an object, which the deployer refuses.
    """
    result = dict(content)
    for key, value in config.items():
        before = content.get(key)
        if before is None or value is None:
            result[key] = value
        elif isinstance(before, dict) and isinstance(value, dict):
            result[key] = merged(before, value, f"{path}{key}.")
        elif isinstance(before, dict) or isinstance(value, dict):
            raise InvalidRequest.at(
                f"{path}{key}", "an object in only one of path and config", "values of one type"
            )
        else:
            result[key] = value
    return result
