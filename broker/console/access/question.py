"""What the URL asks, and texts for what it names and does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from broker.authorization.explain_rights import (
    AmbiguousApplication,
    BuiltInApplication,
    UnknownApplication,
    UnknownUser,
    UserQuery,
)
from broker.console.rights import READ_ROLES, READ_USERS
from broker.console.shell import command
from broker.console.tables import Link
from broker.errors import AccessDenied, GrantRefused
from broker.identity.user import LOCAL_ORIGIN
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from broker.console.request import ConsoleRequest
    from broker.errors import BrokerError

EXPLAIN: Final = "/console/zones/<zone>/access"
HOLDERS: Final = f"{EXPLAIN}/scope"

PROBLEMS: Final = (
    UnknownUser,
    UnknownApplication,
    AmbiguousApplication,
    BuiltInApplication,
    GrantRefused,
)
"""The errors that the page with the form states."""


@dataclass(frozen=True, slots=True)
class Question:
    """The fields of the form; ``origin`` is never empty."""

    user: str
    origin: str
    client: str
    scope: str

    @classmethod
    def of(cls, asked: ConsoleRequest) -> Question:
        """Return what the URL asks; raise AccessDenied unless users and roles may be read."""
        for right in (READ_USERS, READ_ROLES):
            if not asked.may(right):
                raise AccessDenied(right)
        values = {name: asked.query.get(name, "").strip() for name in cls.__slots__}
        return cls(**(values | {"origin": values["origin"] or LOCAL_ORIGIN}))

    @property
    def user_query(self) -> UserQuery:
        """The user."""
        return UserQuery(self.user, self.origin)

    @property
    def scopes(self) -> Sequence[str]:
        """The scope, if one is given."""
        return [self.scope] if self.scope else []


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the input, and other users of the name."""

    text: Message
    links: Sequence[Link] = ()


def problem_of(asked: ConsoleRequest, question: Question, error: BrokerError) -> Problem:
    """Return what one of ``PROBLEMS`` says."""
    zone = asked.in_zone.subdomain
    match error:
        case UnknownUser():
            values = {"zone": zone, "user": error.name, "origin": error.origin}
            links = [_with(asked, question, each) for each in error.others]
            kind = "other_origin" if links else "no_user"
            return Problem(Message(f"access.problem.{kind}", values), links)
        case UnknownApplication():
            values = {"zone": zone, "client": error.name}
            return Problem(Message("access.problem.no_application", values))
        case AmbiguousApplication():
            values = {"client": error.name, "names": ", ".join(error.app_ids)}
            return Problem(Message("access.problem.several_applications", values))
        case BuiltInApplication():
            return Problem(Message("access.problem.built_in", {"client": error.app_id}))
    return Problem(Message("access.problem.refused", {"text": str(error)}))


def explain_path(asked: ConsoleRequest) -> str:
    """Return the path of the page."""
    return EXPLAIN.replace("<zone>", asked.zone_guid)


def holders_path(asked: ConsoleRequest) -> str:
    """Return the path of the list of users who have a scope."""
    return HOLDERS.replace("<zone>", asked.zone_guid)


def explain_command(asked: ConsoleRequest, user: UserQuery, client: str, scope: str) -> str:
    """Return the command that explains the same."""
    words = ["roles", "explain", "--user", user.name, "--origin", user.origin, "--client", client]
    if scope:
        words += ["--scope", scope]
    return command(*words, "--zone", asked.zone_guid)


def _with(asked: ConsoleRequest, question: Question, origin: str) -> Link:
    query: Mapping[str, str] = {
        "user": question.user,
        "origin": origin,
        "client": question.client,
        "scope": question.scope,
    }
    return Link(
        f"{question.user} ({origin})",
        path=explain_path(asked),
        query={name: value for name, value in query.items() if value},
    )
