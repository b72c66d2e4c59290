"""The form of an export of role collections."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from broker.authorization.collections.names import MAX_DESCRIPTION
from broker.errors import InvalidRequest, Violation

VERSION = 1
_MAX_ITEMS = 100_000
_Name = Annotated[str, Field(max_length=255)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class _Role(_Part):
    application: _Name
    template: _Name
    name: _Name


class _Attribute(_Part):
    origin: Literal["static", "idp", "unrestricted"]
    values: list[_Name] = Field(default=[], max_length=100)


class ExportedRole(_Role):
    """A role with attribute values."""

    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] | None = None
    attributes: dict[str, _Attribute] = {}


class ExportedAssignment(_Part):
    """An assignment to a user of the zone with this origin and name."""

    origin: _Name
    name: _Name
    expires: AwareDatetime | None = None
    note: Annotated[str, Field(max_length=MAX_DESCRIPTION)] | None = None


class _Mapping(_Part):
    origin: _Name
    attribute: _Name
    value: _Name
    operator: _Name = "equals"


class ExportedCollection(_Part):
    """A collection; of a read-only one assignments and mappings apply only."""

    name: _Name
    description: Annotated[str, Field(max_length=MAX_DESCRIPTION)] | None = None
    # With a hyphen in exports of earlier versions.
    read_only: bool = Field(default=False, validation_alias=AliasChoices("read_only", "read-only"))
    roles: list[_Role] = Field(default=[], max_length=_MAX_ITEMS)
    assignments: list[ExportedAssignment] = Field(default=[], max_length=_MAX_ITEMS)
    mappings: list[_Mapping] = Field(default=[], max_length=_MAX_ITEMS)


class Document(_Part):
    """An export."""

    version: Literal[1]
    zone: _Name = ""
    roles: list[ExportedRole] = Field(default=[], max_length=_MAX_ITEMS)
    collections: list[ExportedCollection] = Field(default=[], max_length=_MAX_ITEMS)


def parsed_document(document: object) -> Document:
    """Return the export; raise InvalidRequest if the document has another form."""
    try:
        return Document.model_validate(document)
    except ValidationError as error:
        raise InvalidRequest(
            (
                Violation(".".join(map(str, each["loc"])) or "$", each["msg"], "an export")
                for each in error.errors(include_url=False, include_input=False)
            ),
        ) from None
