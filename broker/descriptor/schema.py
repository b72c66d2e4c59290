"""JSON Schema draft-04 of the models, for the catalog (OSB-CAT-13 to -15, D-10).

Cloud Controller refuses a catalog with schemas of another dialect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.descriptor.apiaccess import CONFIGURATION, IN_CONFIGURATION
from broker.descriptor.leniency import INERT_KEYS
from broker.descriptor.model import CredentialType, Descriptor, OAuth2Configuration
from broker.descriptor.notes.old_words import TEMPLATE_KEYS

if TYPE_CHECKING:
    from broker.descriptor.part import DescriptorPart

DIALECT = "http://json-schema.org/draft-04/schema#"

_DEFINITIONS = "#/definitions/{model}"


def descriptor_schema() -> dict[str, Any]:
    """Return the schema of instance parameters: a descriptor or an empty object."""
    schema = parameter_schema(Descriptor)
    schema["properties"] |= {key: {"description": text} for key, text in INERT_KEYS.items()}
    keys = schema["definitions"]["RoleTemplate"]["properties"]
    keys |= {old: keys[today] for old, today in TEMPLATE_KEYS.items()}
    required = {"required": schema.pop("required")}
    return {**schema, "anyOf": [{"maxProperties": 0}, required]}


def parameter_schema(part: type[DescriptorPart]) -> dict[str, Any]:
    """Return a draft-04 schema that accepts every document the model parses."""
    schema = part.model_json_schema(ref_template=_DEFINITIONS)
    definitions = schema.pop("$defs", {})
    described = {"$schema": DIALECT, **schema}
    translated: dict[str, Any] = _as_draft_04(
        described | ({"definitions": definitions} if definitions else {})
    )
    return translated


def apiaccess_schema() -> dict[str, Any]:
    """Return the schema of the instance parameters of plan apiaccess, a part of a descriptor."""
    whole = parameter_schema(Descriptor)
    definitions = whole["definitions"]
    configuration = definitions[OAuth2Configuration.__name__]
    settings = {key: configuration["properties"][key] for key in IN_CONFIGURATION}
    [types] = [each for each in settings["credential-types"]["anyOf"] if "items" in each]
    settings["credential-types"] = {
        **types,
        "items": definitions[CredentialType.__name__],
        # Draft-04 has no "contains".
        "not": {"items": {"not": {"enum": [CredentialType.BINDING_SECRET.value]}}},
    }
    properties = {
        "xsappname": {"anyOf": [whole["properties"]["xsappname"], {"type": "null"}]},
        CONFIGURATION: {"anyOf": [{**configuration, "properties": settings}, {"type": "null"}]},
    }
    return {
        "$schema": DIALECT,
        "type": "object",
        "description": "The parameters of plan apiaccess.",
        # Not at the top level: there, xsappname announces that a complete descriptor is valid.
        "anyOf": [{"maxProperties": 0}, {"properties": properties, "additionalProperties": False}],
    }


def _as_draft_04(value: Any) -> Any:
    """Replace keywords unknown to draft-04; omit titles and defaults for a smaller catalog."""
    if isinstance(value, list):
        return [_as_draft_04(part) for part in value]
    if not isinstance(value, dict):
        return value
    if "const" in value:
        value = {**value, "enum": [value["const"]]}
    kept = {key: part for key, part in value.items() if key not in {"const", "default"}}
    if isinstance(kept.get("title"), str):
        del kept["title"]
    return {key: _as_draft_04(part) for key, part in kept.items()}
