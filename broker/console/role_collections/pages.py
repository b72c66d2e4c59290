"""The pages of the family ``role_collections``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from broker.authorization.views.overview import CollectionOrder, CollectionQuery
from broker.console.page import Navigation, Page
from broker.console.rights import READ_ROLES
from broker.console.tables import Code, Column, Count, Filter, Link, Mark, Table
from broker.console.view import Twin, View
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from broker.authorization.views.overview import CollectionSummary
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services

LIST: Final = "/console/zones/<zone>/role-collections"
ONE: Final = f"{LIST}/one"
"""The parameter ``name`` names the collection: names contain any character."""

_KINDS = {"declared": True, "custom": False}
_ORDERS: Final[dict[str, CollectionOrder]] = {each: each for each in get_args(CollectionOrder)}


def list_all(services: Services, asked: ConsoleRequest) -> View:
    """List the collections of the zone."""
    listing, kind = asked.listing, asked.query.get("kind", "")
    found = services.collection_overviews.page(
        asked.zone_guid,
        CollectionQuery(
            asked.now,
            text=listing.text,
            is_read_only=_KINDS.get(kind),
            order=_ORDERS.get(listing.sort, "name"),
            is_descending=listing.is_descending,
            skip=listing.skip,
            limit=listing.limit,
        ),
    )
    table = Table(
        caption="role_collections.list.title",
        columns=(
            Column("role_collections.name", sort="name"),
            Column("role_collections.declared_by"),
            Column("role_collections.roles", is_number=True),
            Column("role_collections.users", sort="users", is_number=True),
            Column("role_collections.mappings", is_number=True),
        ),
        rows=[_row(each, asked.zone_guid) for each in found],
        listing=listing,
        empty=Message(
            "role_collections.none_found" if listing.text or kind else "role_collections.empty"
        ),
        searches=True,
        filters=(
            Filter(
                "kind",
                "role_collections.kind",
                tuple((each, f"role_collections.kind.{each}") for each in _KINDS),
            ),
        ),
    )
    twin = Twin(
        api="GET /sap/rest/authorization/v2/rolecollections",
        command=f"xsuaa-broker role-collections list --zone {asked.zone_guid}",
    )
    return View(template="list", table=table, twins=(twin,))


def _row(found: CollectionSummary, zone: str) -> tuple[Link, Code | Mark, Count, Count, Count]:
    collection = found.collection
    owner: Code | Mark = Mark("role_collections.kind.custom")
    if collection.is_read_only:
        owner = Code(collection.app_id)
    return (
        Link(
            collection.name,
            detail=collection.description or "",
            path=LIST.replace("<zone>", zone),
            query={"q": collection.name},
        ),
        owner,
        Count(found.roles),
        Count(found.users),
        Count(found.mappings),
    )


PAGES: Final = (
    Page(
        path=LIST,
        name="role_collections.list",
        right=READ_ROLES,
        handler=list_all,
        navigation=Navigation("zone", 20),
    ),
)
