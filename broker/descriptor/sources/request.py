"""The plan and parameters of a new service instance, from a file in any known form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from broker.descriptor.model import Descriptor
from broker.descriptor.paths import json_path, printable
from broker.descriptor.sources.documents import documents_in, json_object
from broker.descriptor.sources.mta import (
    SERVICE,
    Resource,
    data_beside,
    fragment,
    merged,
    resources,
)
from broker.descriptor.sources.placeholders import with_values
from broker.descriptor.sources.wrappers import is_mta, wrapper_path
from broker.errors import InvalidRequest, Violation
from broker.json_text.reader import MalformedJson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class InstanceRequest:
    """What a file requests; ``plan`` is '' if it names none."""

    plan: str
    parameters: dict[str, Any]


def requested_instance(
    data: bytes, file: str, directory: Path, resource: str, values: Mapping[str, str]
) -> InstanceRequest:
    """Return the only request in a file; raise InvalidRequest for none or several.

    ``resource`` names one of several resources of an MTA descriptor, '' the only one; ``values``
    are those of its placeholders. Files that it names are read from ``directory``.
    """
    documents = documents_in(data, file)
    if len(documents) != 1:
        raise InvalidRequest.at("$", f"{len(documents)} documents", "one descriptor")
    [document] = documents
    if is_mta(document):
        return _deployed(_resource(document, resource), directory, values)
    if resource:
        raise InvalidRequest.at("$", "no MTA descriptor", f'one with resource "{resource}"')
    path = wrapper_path(document, Descriptor)
    if path[-1:] == ("config",):
        return _deployed(fragment(document, path), directory, values)
    inner: Any = document
    for step in path:
        inner = inner[step]
    return InstanceRequest("", inner)


def _resource(document: Mapping[str, Any], name: str) -> Resource:
    if "extends" in document:
        raise InvalidRequest.at("$", "an MTA extension descriptor", "the mta.yaml that it extends")
    found = list(resources(document))
    named = [each for each in found if name in {"", each.name}]
    if len(named) == 1:
        return named[0]
    names = ", ".join(printable(each.name) for each in found) or f"none of service {SERVICE}"
    if name:
        raise InvalidRequest.at("resources", f'no resource "{printable(name)}"', names)
    if not found:
        raise InvalidRequest.at("resources", names, "one resource of it")
    raise InvalidRequest.at("resources", f"several: {names}", "--resource with one of them")


def _deployed(resource: Resource, directory: Path, values: Mapping[str, str]) -> InstanceRequest:
    """Return what the deployment of a resource would request."""
    if resource.problem is not None:
        raise InvalidRequest([resource.problem])
    config, unknown = with_values(dict(resource.config), values)
    if unknown:
        known = " and ".join(f"${{{name}}}" for name in values)
        raise InvalidRequest(
            Violation(
                f"{resource.path}.{json_path(location)}",
                f"placeholder {printable(name)}, which only a deployment replaces",
                f"{known}, or the value itself",
            )
            for location, name in unknown
        )
    content: Mapping[str, Any] = {}
    if resource.file is not None:
        try:
            content = json_object(data_beside(directory, resource))
        except MalformedJson as error:
            raise InvalidRequest.at(resource.file, error.found, error.allowed) from None
    return InstanceRequest(resource.plan, merged(content, config))
