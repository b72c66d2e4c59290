"""The database of a running server, for what no request can bring about."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from broker.composition.addresses import addresses_of
from broker.composition.administration import open_store
from broker.settings.environment import load_settings
from broker.store.transactions import StoreTransactions
from tests.support.user_tokens import UserTokenService
from tests.support.users import a_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from broker.identity.user import User
    from broker.store.repositories import Repositories
    from tests.support.server import Server


class ServerStore:
    """Repositories of the server's database, and the tokens that it would issue."""

    def __init__(self, server: Server) -> None:
        """Use the settings of the server."""
        with patch.dict(os.environ, server.environment, clear=True):
            settings = load_settings()
        store = open_store(settings)
        store.keys.load()
        self.engine, self.keys = store.engine, store.keys
        self.transactions = StoreTransactions(store.engine, store.keys)
        self.tokens = UserTokenService(
            store.engine, store.keys, self.transactions, addresses_of(settings)
        )

    def add_user(self, subdomain: str, name: str = "anna", **changes: Any) -> User:
        """Store a user in the zone of this subdomain, and return it."""

        def work(store: Repositories) -> User:
            zone = store.zones.named(subdomain)
            assert zone is not None
            user = a_user(zone, name, **changes)
            store.users.add(user)
            return user

        return self.transactions.run(work)

    def current(self, user: User) -> User:
        """Return the user as it is stored now."""
        found = self.transactions.read(lambda store: store.users.find(user.user_id))
        assert found is not None
        return found


@contextmanager
def store_of(server: Server) -> Iterator[ServerStore]:
    """Open the server's database."""
    opened = ServerStore(server)
    try:
        yield opened
    finally:
        opened.engine.dispose()
