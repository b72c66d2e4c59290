"""The list of role collections, and the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args
from urllib.parse import quote

from broker.api.paths import AUTHORIZATION
from broker.authorization.views.overview import CollectionOrder, CollectionQuery
from broker.console.role_collections.paths import LIST, ONE
from broker.console.shell import command
from broker.console.tables import Code, Column, Count, Filter, Link, Mark, Table, Text, When
from broker.console.view import Twin, View
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from broker.authorization.collections.model import RoleCollection
    from broker.authorization.views.overview import Assignee, CollectionSummary
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services

_KINDS = {"declared": True, "custom": False}
_ORDERS: Final[dict[str, CollectionOrder]] = {each: each for each in get_args(CollectionOrder)}
_API = f"{AUTHORIZATION}/rolecollections"


def list_all(services: Services, asked: ConsoleRequest) -> View:
    """List the collections of the zone."""
    listing, kind = asked.listing, asked.query.get("kind", "")
    found = services.collection_overviews.page(
        asked.in_zone,
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
    kinds = tuple((each, f"role_collections.kind.{each}") for each in _KINDS)
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
        filters=(Filter("kind", "role_collections.kind", kinds),),
    )
    twins = (
        Twin(api=f"GET {_API}", command=_command(asked, "list")),
        Twin(api=f"POST {_API}", command=_command(asked, "create", "NAME")),
    )
    return View(template="role_collections/list", table=table, twins=twins)


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show a collection with its roles, users and mappings."""
    listing, name = asked.listing, asked.query["name"]
    access = services.access.collection(
        asked.in_zone, name, asked.now, skip=listing.skip, limit=listing.limit
    )
    table = Table(
        caption="role_collections.users",
        columns=(
            Column("role_collections.user"),
            Column("role_collections.origin"),
            Column("role_collections.assigned_by"),
            Column("role_collections.since"),
            Column("role_collections.until"),
        ),
        rows=[_assignee(each, asked) for each in access.assignees],
        listing=listing,
        empty=Message("role_collections.no_users"),
    )
    api = f"GET {_API}/{quote(name, safe='')}"
    twins = (Twin(api=api, command=_command(asked, "show", name)),)
    model = {"access": access, "owner": owner_of(access.summary.collection)}
    return View(template="role_collections/one", model=model, table=table, twins=twins, title=name)


def owner_of(collection: RoleCollection) -> Code | Mark:
    """Return the application that declares the collection, which makes it read-only."""
    if collection.is_read_only:
        return Code(collection.app_id)
    return Mark("role_collections.kind.custom")


def _command(asked: ConsoleRequest, *words: str) -> str:
    return command("role-collections", *words, "--zone", asked.zone_guid)


def _row(found: CollectionSummary, zone: str) -> tuple[Link, Code | Mark, Count, Count, Count]:
    collection = found.collection
    return (
        Link(
            collection.name,
            collection.description or "",
            path=ONE.replace("<zone>", zone),
            query={"name": collection.name},
        ),
        owner_of(collection),
        Count(found.roles),
        Count(found.users),
        Count(found.mappings),
    )


def _assignee(found: Assignee, asked: ConsoleRequest) -> tuple[Link, Text, Text, When, When | Mark]:
    until = found.expires_at
    has_ended = until is not None and until <= asked.now
    path = LIST.replace("<zone>", asked.zone_guid).removesuffix("role-collections")
    return (
        Link(found.name, found.email or "", path=f"{path}users/{found.user_id}"),
        Text(found.origin),
        Text(found.created_by),
        When(found.created_at),
        Mark("role_collections.expired", "bad")
        if has_ended
        else When(until, "role_collections.unlimited"),
    )
