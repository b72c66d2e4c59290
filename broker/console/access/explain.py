"""The page that explains whether a user may do something, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from broker.authorization.decision.path import Removal
from broker.authorization.explain_rights import UserQuery
from broker.console.access.chains import chains_of
from broker.console.access.gaps import missing
from broker.console.access.question import (
    PROBLEMS,
    Question,
    explain_command,
    explain_path,
    holders_path,
    problem_of,
)
from broker.console.tables import Column, Link, Listing, Mark, Table, Text
from broker.console.view import Twin, View
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.authorization.decision.explanation import ExplainedScope
    from broker.authorization.explain_rights import ExplainedRights
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Cell


def show(services: Services, asked: ConsoleRequest) -> View:
    """Explain the scope in the URL, or all of the application; without both, ask."""
    question = Question.of(asked)
    model: dict[str, Any] = {
        "question": question,
        "here": explain_path(asked),
        "holders": holders_path(asked),
        **dict.fromkeys(("problem", "found", "scope", "chains", "preview")),
    }
    if not (question.user and question.client):
        example = explain_command(asked, UserQuery("NAME", question.origin), "CLIENT", "SCOPE")
        return View(template="access/explain", model=model, twins=(Twin(command=example),))
    try:
        found = services.explain_rights.within(
            asked.in_zone, question.user_query, question.client, question.scopes
        )
    except PROBLEMS as error:
        model["problem"] = problem_of(asked, question, error)
        words = asked, question.user_query, question.client, question.scope
        return View(
            template="access/explain", model=model, twins=(Twin(command=explain_command(*words)),)
        )
    scopes = found.explanation.scopes
    one = scopes[0] if question.scope and scopes else None
    user = found.user
    named = replace(question, user=user.name, origin=user.origin)
    model |= {"found": found, "question": named, "preview": _preview(services, found)}
    model |= _one(asked, found, one) if one else _all(found)
    twin = explain_command(
        asked, named.user_query, found.client.client_id, one.scope if one else ""
    )
    return View(
        template="access/explain",
        model=model,
        table=None if one else _table(asked, found),
        subject=user.name,
        twins=(Twin(command=twin),),
    )


def _values(found: ExplainedRights) -> dict[str, str | int]:
    return {
        "user": found.user.name,
        "origin": found.user.origin,
        "client": found.client.client_id,
        "app": found.client.app_id,
    }


def _one(asked: ConsoleRequest, found: ExplainedRights, scope: ExplainedScope) -> dict[str, Any]:
    answer = "may" if scope.is_granted else "may_not"
    return {
        "is_granted": scope.is_granted,
        "scope": scope,
        "answer": Message(f"access.answer.{answer}", _values(found) | {"scope": scope.scope}),
        "chains": chains_of(asked, found, scope),
    }


def _possible(found: ExplainedRights) -> Sequence[ExplainedScope]:
    """Return the scopes without those of the platform that the application does not request."""
    return [
        each
        for each in found.explanation.scopes
        if any(Removal.NOT_NAMED not in path.removals for path in each.paths)
    ]


def _all(found: ExplainedRights) -> dict[str, Any]:
    scopes = _possible(found)
    granted = sum(1 for each in scopes if each.is_granted)
    values = _values(found) | {"n": granted, "total": len(scopes)}
    return {"answer": Message("access.answer.some", values), "is_granted": granted > 0}


def _table(asked: ConsoleRequest, found: ExplainedRights) -> Table:
    return Table(
        caption="access.scopes",
        columns=(
            Column("access.scope"),
            Column("access.contained"),
            Column("access.why"),
        ),
        rows=[_row(asked, found, each) for each in _possible(found)],
        listing=Listing(is_export=asked.listing.is_export),
        empty=Message("access.no_scopes"),
        is_paged=False,
    )


def _row(asked: ConsoleRequest, found: ExplainedRights, scope: ExplainedScope) -> tuple[Cell, ...]:
    query = {
        "user": found.user.user_id,
        "client": found.client.client_id,
        "scope": scope.scope,
    }
    link = Link(scope.scope, path=explain_path(asked), query=query)
    granting = [path for path in scope.paths if not path.removals]
    if granting:
        names = sorted({path.collection for path in granting if path.collection})
        why: Cell = Text(", ".join(names)) if names else Mark("access.every_user")
        return link, Mark("access.yes", "good"), why
    fewest = min(scope.paths, key=lambda path: len(path.removals))
    return link, Mark("access.no", "bad"), missing(fewest.removals[0])


def _preview(services: Services, found: ExplainedRights) -> Mapping[str, Any] | None:
    """Return the claims of the user's next token, None if there would be none."""
    rights = found.explanation.rights
    if not rights.scopes:
        return None
    preview = services.preview(found.client, found.user, rights, found.settings)
    text = json.dumps(preview.claims, indent=2, ensure_ascii=False)
    return {"text": text, "seconds": preview.seconds}
