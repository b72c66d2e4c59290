"""Explains to administrators which scopes a user has at a client, and why (D-39)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from broker.descriptor.names import is_built_in
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

_OWN = "$XSAPPNAME."
_SHOWN = 64


class NamedUsers(Protocol):
    """Finds users by name."""

    def named(self, zone_: Zone, origin: str, name: str) -> User | None:
        """Return the zone's user of this origin whose name differs at most by case (I-02)."""


class NamedClients(Protocol):
    """Finds clients by name."""

    def named(self, zone: Zone, name: str) -> Client | None:
        """Return the zone's client with this client id or application id."""


class ExplainStore(ZoneStore, Protocol):
    """The store of users and clients."""

    @property
    def users(self) -> NamedUsers:
        """The repository of users."""

    @property
    def clients(self) -> NamedClients:
        """The repository of clients."""


class SettingsOfClients(Protocol):
    """Looks up the settings of clients."""

    def of(self, client: Client) -> ClientSettings:
        """Return the settings of the client; raise Busy while they are being completed."""


class ExplainedRights(NamedTuple):
    """An explanation with its user and client."""

    user: User
    client: Client
    explanation: Explanation


@dataclass(frozen=True, slots=True)
class ExplainRights:
    """Explains rights by the function that decides them for tokens."""

    transactions: Transactions[ExplainStore]
    settings: SettingsOfClients
    rights: DecidedRights

    def __call__(
        self, zone: str, user: str, origin: str, client: str, scopes: Sequence[str] = ()
    ) -> ExplainedRights:
        """Explain the named scopes, or all that the user or the client has a path to.

        ``zone`` is an index, GUID or subdomain, ``client`` a client id or application id;
        ``scopes`` may name own scopes as its descriptor does (``$XSAPPNAME.x``). Raises NotFound
        for an unknown name, StateConflict for a zone without users (D-53) and for a built-in
        application, GrantRefused if a token would have too many attribute values (I-138).
        """

        def found(store: ExplainStore) -> tuple[User, Client]:
            return _user_and_client(store, zone, user, canonical_origin(origin), client)

        named_user, named_client = self.transactions.read(found)
        settings = self.settings.of(named_client)
        own = f"{named_client.app_id}."
        full = [
            own + scope.removeprefix(_OWN) if scope.startswith(_OWN) else scope for scope in scopes
        ]
        explanation = self.rights.explain(named_user, named_client, settings, full)
        return ExplainedRights(named_user, named_client, explanation)


def _user_and_client(
    store: ExplainStore, zone_name: str, user_name: str, origin: str, client_name: str
) -> tuple[User, Client]:
    zone = administered_zone(store, zone_name)
    user = store.users.named(zone, origin, user_name)
    if user is None:
        raise NotFound(
            f"Zone {zone.subdomain} has no user {user_name[:_SHOWN]} of origin {origin[:_SHOWN]}."
        )
    client = store.clients.named(zone, client_name)
    if client is None:
        raise NotFound(f"Zone {zone.subdomain} has no client {client_name[:_SHOWN]}.")
    if is_built_in(client.app_id):
        raise StateConflict(
            f"{client.app_id} is the built-in application of the zone and obtains no tokens; name"
            " the client of another application."
        )
    return user, client
