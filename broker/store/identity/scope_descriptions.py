"""What the descriptor of an application says about its scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from broker.store.database.columns import readable_json
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating
from broker.store.tables.core import service_instance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine

    from broker.identity.client import Client

_OWN = "$XSAPPNAME."
_PARAMETERS = select(service_instance.c.parameters).where(
    service_instance.c.client_row_id == bindparam("client_row_id")
)


class StoredScopeDescriptions:
    """Looks up the descriptions of a client's own scopes, for pages that users read."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(**READ_OPTIONS)

    def of(self, client: Client) -> Mapping[str, str]:
        """Return the descriptions by scope, as in tokens; scopes without one are absent."""
        values = {"client_row_id": client.row_id}
        with translating(), self._engine.connect() as connection:
            text = connection.execute(_PARAMETERS, values).scalar_one_or_none()
        descriptor = readable_json(text)
        scopes = descriptor.get("scopes") if isinstance(descriptor, dict) else None
        found = {}
        for scope in scopes if isinstance(scopes, list) else ():
            match scope:
                # A descriptor may mention scopes of the platform, but not describe them.
                case {"name": str(name), "description": str(description)} if (
                    description and name.startswith(_OWN)
                ):
                    found[f"{client.app_id}.{name.removeprefix(_OWN)}"] = description
        return found
