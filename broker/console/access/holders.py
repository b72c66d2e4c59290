"""The list of users who have a scope of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broker.authorization.views.scope_holders import MAX_MAPPINGS, HolderQuery
from broker.console.access.gaps import missing
from broker.console.access.question import (
    PROBLEMS,
    Question,
    explain_path,
    holders_path,
    problem_of,
)
from broker.console.role_collections.paths import ONE as COLLECTION
from broker.console.shell import command
from broker.console.tables import Action, Column, Link, Mark, Table, Text, When
from broker.console.users.lists import path_of
from broker.console.view import Twin, View
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from broker.authorization.views.scope_holders import ScopeHolder, ScopeHolders
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Cell


def show(services: Services, asked: ConsoleRequest) -> View:
    """List the users who have the scope in the URL; without one, ask."""
    question, listing = Question.of(asked), asked.listing
    model: dict[str, Any] = {
        "question": question,
        "here": explain_path(asked),
        "holders": holders_path(asked),
        **dict.fromkeys(("problem", "found")),
    }
    twin = _twin(asked, question.client or "CLIENT", question.scope or "SCOPE")
    if not (question.client and question.scope):
        return View(template="access/holders", model=model, twins=(twin,))
    query = HolderQuery(
        asked.now,
        text=listing.text,
        is_descending=listing.is_descending,
        skip=listing.skip,
        limit=listing.limit,
    )
    try:
        found = services.scope_holders(asked.in_zone, question.client, question.scope, query)
    except PROBLEMS as error:
        model["problem"] = problem_of(asked, question, error)
        return View(template="access/holders", model=model, twins=(twin,))
    where = COLLECTION.replace("<zone>", asked.zone_guid)
    model |= {
        "found": found,
        "collections": [Link(each, path=where, query={"name": each}) for each in found.collections],
        "has_more_mappings": len(found.mappings) >= MAX_MAPPINGS,
    }
    return View(
        template="access/holders",
        model=model,
        table=None if found.is_of_every_user else _table(asked, found),
        subject=found.scope,
        twins=(_twin(asked, found.client.client_id, found.scope),),
    )


def _twin(asked: ConsoleRequest, client: str, scope: str) -> Twin:
    words = "roles", "holders", "--client", client, "--scope", scope, "--zone", asked.zone_guid
    return Twin(command=command(*words))


def _table(asked: ConsoleRequest, found: ScopeHolders) -> Table:
    return Table(
        caption="access.holders.title",
        columns=(
            Column("access.user", sort="name"),
            Column("access.provider"),
            Column("access.step.collection"),
            Column("access.contained"),
            Column("access.assigned_by", is_minor=True),
            Column("access.since"),
            Column("access.until"),
            Column("access.why"),
        ),
        rows=[_row(asked, found, each) for each in found.holders],
        listing=asked.listing,
        empty=Message("access.none_found" if asked.listing.text else "access.no_holders"),
        searches=True,
    )


def _row(asked: ConsoleRequest, found: ScopeHolders, holder: ScopeHolder) -> tuple[Cell, ...]:
    assigned = holder.assigned
    user, removed = assigned.user, holder.removals
    where = COLLECTION.replace("<zone>", asked.zone_guid)
    query = {"user": user.user_id, "client": found.client.client_id, "scope": found.scope}
    return (
        Link(user.name, user.email or "", path=path_of(asked, user.user_id)),
        Text(user.origin),
        Link(holder.collection, path=where, query={"name": holder.collection}),
        missing(removed[0]) if removed else Mark("access.yes", "good"),
        Text(assigned.created_by),
        When(assigned.created_at),
        When(assigned.expires_at, "access.unlimited"),
        Action("access.explain.submit", user.name, explain_path(asked), query),
    )
