"""Lists of users and groups: their query parameters and their envelope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import Field

from broker.api.models import ResponseModel
from broker.api.route import Query
from broker.descriptor.paths import printable
from broker.errors import InvalidRequest, Violation
from broker.search.condition import Selection
from broker.search.filter import parse_filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from broker.api.request import ApiRequest
    from broker.search.condition import Attributes

M = TypeVar("M", bound=ResponseModel)

SCHEMAS: Final = ["urn:scim:schemas:core:1.0"]
MAX_COUNT: Final = 500
DEFAULT_COUNT: Final = 100
EVERYTHING: Final = "id pr"
"""The default filter, which every resource meets."""

_MAX_SHOWN = 256


def list_query(sort_by: str) -> tuple[Query, ...]:
    """Return the parameters of a list; ``sort_by`` is the default order."""
    return (
        Query("filter", default=EVERYTHING),
        Query("attributes"),
        Query("sortBy", default=sort_by),
        Query("sortOrder", default="ascending"),
        Query("startIndex", "integer", default=1),
        Query("count", "integer", default=DEFAULT_COUNT),
    )


class Envelope(ResponseModel):
    """A page of resources; ``itemsPerPage`` is the requested number, as in UAA."""

    start_index: int = Field(alias="startIndex")
    items_per_page: int = Field(alias="itemsPerPage")
    total_results: int = Field(alias="totalResults")
    schemas: list[str]


def envelope(selection: Selection, total: int) -> dict[str, Any]:
    """Return the members of an envelope, except the resources."""
    return {
        "start_index": selection.offset + 1,
        "items_per_page": selection.limit,
        "total_results": total,
        "schemas": SCHEMAS,
    }


def selection_of(
    request: ApiRequest, attributes: Attributes, orders: Mapping[str, str]
) -> Selection:
    """Return the page that the request selects; at most ``MAX_COUNT`` resources.

    ``orders``: names of attributes by other names, in lower case, for ``sortBy``. Raises
    InvalidRequest.
    """
    given = request.query
    text, sort_by = str(given["filter"]), str(given["sortBy"])
    condition = None if text.strip() == EVERYTHING else parse_filter(text, attributes)
    name = sort_by.lower()
    order = orders.get(name) or (attributes[name].name if name in attributes else None)
    if order is None:
        shown = f"[{printable(text, _MAX_SHOWN)}] [{printable(sort_by)}]"
        allowed = ", ".join(each.name for each in attributes.values())
        raise InvalidRequest.saying(
            f"Invalid filter expression: {shown}",
            [Violation("query parameter sortBy", f'"{printable(sort_by)}"', allowed)],
        )
    return Selection(
        order,
        condition,
        is_descending=_is_descending(str(given["sortOrder"])),
        offset=max(given["startIndex"], 1) - 1,
        limit=min(given["count"], MAX_COUNT),
    )


def _is_descending(text: str) -> bool:
    directions = {"ascending": False, "descending": True}
    if text.lower() not in directions:
        raise InvalidRequest.at(
            "query parameter sortOrder", f'"{printable(text)}"', "ascending or descending"
        )
    return directions[text.lower()]


def requested_fields(
    request: ApiRequest, model: type[ResponseModel], parts: Mapping[str, str]
) -> frozenset[str] | None:
    """Return the names, in Python, of the fields that ``attributes`` lists; None for all.

    An attribute of a part, such as ``emails.value``, stands for the whole field; ``parts`` are
    names of parts by themselves, in lower case. Raises InvalidRequest for an unknown one.
    """
    text = request.query["attributes"]
    names = [each for each in (text or "").lower().split(",") if each.strip()]
    if not names:
        return None
    known = {(field.alias or name).lower(): name for name, field in model.model_fields.items()}
    fields = [known.get(_field_of(each.strip(), parts)) for each in names]
    if None in fields:
        raise InvalidRequest.saying(
            f"Invalid attributes: [{printable(text, _MAX_SHOWN)}]",
            [Violation("query parameter attributes", f'"{printable(text)}"', _listed(model))],
        )
    return frozenset(each for each in fields if each)


def only(resource: M, fields: frozenset[str] | None) -> M:
    """Return the resource with these fields only, None for all of them."""
    if fields is None:
        return resource
    return resource.model_copy(update=dict.fromkeys(type(resource).model_fields.keys() - fields))


def _field_of(name: str, parts: Mapping[str, str]) -> str:
    return parts.get(name, name.partition(".")[0])


def _listed(model: type[ResponseModel]) -> str:
    names: Iterable[str] = (each.alias or name for name, each in model.model_fields.items())
    return ", ".join(sorted(names))
