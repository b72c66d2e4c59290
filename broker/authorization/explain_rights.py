"""Explains to administrators which scopes a user has at a client, and why (D-39)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from broker.authorization.user_scopes import OWN_PREFIX
from broker.descriptor.names import ADMINISTRATION_SCOPES, USER_SCOPES, is_built_in
from broker.descriptor.paths import printable
from broker.errors import NotFound, StateConflict
from broker.identity.administered_zone import ZoneStore, administered_zone
from broker.identity.user import canonical_origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.decision.explanation import Explanation
    from broker.authorization.user_rights import DecidedRights
    from broker.identity.client import Client
    from broker.identity.client_settings import ClientSettings
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

MAX_NAMED: Final = 5
"""Clients of one name that an error lists."""

_USER_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class UnknownUser(NotFound):
    """The zone has no such user; ``others`` are the origins of users of this name."""

    def __init__(self, zone: Zone, name: str, origin: str, others: Sequence[str]) -> None:
        """State what was looked for, and where."""
        self.name, self.origin = printable(name), printable(origin)
        self.others = tuple(map(printable, others))
        text = f"Zone {zone.subdomain} has no user {self.name} of origin {self.origin}."
        if self.others:
            text += f" Users of this name have the origin: {', '.join(self.others)}."
        super().__init__(text)


class UnknownApplication(NotFound):
    """The zone has no application with this id or name."""

    def __init__(self, zone: Zone, name: str) -> None:
        """State what was looked for, and where."""
        self.name = printable(name)
        super().__init__(
            f"Zone {zone.subdomain} has no application {self.name}: no client id, application id,"
            " xsappname, and no id or name of a service instance is the same."
        )


class AmbiguousApplication(StateConflict):
    """Several applications have the name; ``app_ids`` lists some."""

    def __init__(self, zone: Zone, name: str, app_ids: Sequence[str]) -> None:
        """State which ones."""
        self.name, self.app_ids = printable(name), tuple(app_ids[:MAX_NAMED])
        super().__init__(
            f"Several applications of zone {zone.subdomain} have the name {self.name}; state the"
            f" application id: {', '.join(self.app_ids)}."
        )


class BuiltInApplication(StateConflict):
    """The application is that of the zone, for which there are no tokens (D-56)."""

    def __init__(self, app_id: str) -> None:
        """State which one."""
        self.app_id = app_id
        super().__init__(
            f"{app_id} is the built-in application of the zone and obtains no tokens; name the"
            " client of another application."
        )


class NamedUsers(Protocol):
    """Finds users by name or id."""

    def find(self, user_id: str, /) -> User | None:
        """Return the user with this id, of any zone."""

    def named(self, zone_: Zone, origin: str, name: str, /) -> User | None:
        """Return the zone's user of this origin whose name differs at most by case (I-02)."""

    def origins_of(self, zone: Zone, name: str, /) -> Sequence[str]:
        """Return the origins of the zone's users of this name."""


class ExplainStore(ZoneStore, Protocol):
    """The store of users."""

    @property
    def users(self) -> NamedUsers:
        """The repository of users."""


class NamedClients(Protocol):
    """Finds clients with their settings by name."""

    def named(self, zone: Zone, name: str, limit: int) -> Sequence[tuple[Client, ClientSettings]]:
        """Return the zone's clients of which an id or name is this; exactly one statement.

        Raises Busy while settings are being completed.
        """


class ExplainedRights(NamedTuple):
    """An explanation with its user and client."""

    user: User
    client: Client
    settings: ClientSettings
    explanation: Explanation


class UserQuery(NamedTuple):
    """Selects a user by id, or by name within an origin."""

    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class ExplainRights:
    """Explains rights by the function that decides them for tokens."""

    transactions: Transactions[ExplainStore]
    clients: NamedClients
    rights: DecidedRights

    def __call__(
        self, zone: str, user: UserQuery, client: str, scopes: Sequence[str] = ()
    ) -> ExplainedRights:
        """Explain as ``within`` in the zone with this index, GUID or subdomain.

        Raises NotFound for an unknown zone, StateConflict for one without users (D-53).
        """
        found = self.transactions.read(lambda store: administered_zone(store, zone))
        return self.within(found, user, client, scopes)

    def within(
        self, zone: Zone, user: UserQuery, client: str, scopes: Sequence[str] = ()
    ) -> ExplainedRights:
        """Explain the named scopes, or all that the user or the client has a path to.

        ``client`` is as of ``client_named``; ``scopes`` may name own scopes as its descriptor does
        (``$XSAPPNAME.x`` or ``x``). Five statements at most. Raises NotFound for an unknown name,
        StateConflict as ``client_named``, GrantRefused if a token would have too many attribute
        values (I-138).
        """
        named_user = self.transactions.read(lambda store: _user(store, zone, user))
        found, settings = client_named(self.clients, zone, client)
        full = [full_scope(found, settings, each) for each in scopes]
        explanation = self.rights.explain(named_user, found, settings, full)
        return ExplainedRights(named_user, found, settings, explanation)


def full_scope(client: Client, settings: ClientSettings, text: str) -> str:
    """Return the scope as tokens contain it; own ones may be local or with ``$XSAPPNAME``."""
    if text.startswith(OWN_PREFIX):
        return f"{client.app_id}.{text.removeprefix(OWN_PREFIX)}"
    if text in USER_SCOPES | ADMINISTRATION_SCOPES:
        return text
    return (
        f"{client.app_id}.{text}" if f"{OWN_PREFIX}{text}" in (settings.user_scopes or ()) else text
    )


def client_named(clients: NamedClients, zone: Zone, name: str) -> tuple[Client, ClientSettings]:
    """Return the zone's client by client id, application id, service instance, or xsappname.

    Raises NotFound; StateConflict if the name is that of several, and for a built-in application.
    """
    found = clients.named(zone, name, MAX_NAMED + 1)
    exact = [each for each in found if name in _ids_of(each[0])]
    if not found:
        raise UnknownApplication(zone, name)
    if len(exact or found) > 1:
        raise AmbiguousApplication(zone, name, [each.app_id for each, _ in found])
    client, settings = (exact or found)[0]
    if is_built_in(client.app_id):
        raise BuiltInApplication(client.app_id)
    return client, settings


def _ids_of(client: Client) -> tuple[str, ...]:
    return client.client_id, client.app_id, client.service_instance_guid


def _user(store: ExplainStore, zone: Zone, query: UserQuery) -> User:
    if _USER_ID.fullmatch(query.name):
        user = store.users.find(query.name)
        if user is not None and user.zone.row_id == zone.row_id:
            return user
    origin = canonical_origin(query.origin)
    user = store.users.named(zone, origin, query.name)
    if user is not None:
        return user
    raise UnknownUser(zone, query.name, origin, store.users.origins_of(zone, query.name))
