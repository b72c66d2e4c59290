"""Logins on the database of a ``Domain``, in the framework but without a server."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flask import Flask
from pydantic import SecretStr

from broker.authentication.passwords.check import PasswordCheck
from broker.composition.administration import Store
from broker.composition.administration_api import administration_limits
from broker.composition.console import console
from broker.composition.login import login_service
from broker.composition.user_grants import UserGrantParts
from broker.logs.requests import log_requests
from broker.settings.model import Settings
from broker.store.database.columns import json_text
from broker.store.tables.identity import client_setting
from tests.support.domain import ADDRESSES, MASTER_KEYS
from tests.support.passwords import FastHashing, set_fast_password
from tests.support.user_grants import REDIRECT, UserGrants
from tests.support.users import stored_user
from tests.support.visitors import AUTHORIZE, Reply, Visitor

if TYPE_CHECKING:
    from broker.addresses import Addresses
    from broker.identity.user import User
    from tests.support.domain import Domain

STATE = "state of the application"


def a_configuration(**changes: Any) -> Settings:
    """Return the settings of a process in production."""
    key = base64.b64encode(MASTER_KEYS["test"]).decode()
    secret = SecretStr("password-of-this-test")
    known: Any = {"master_keys": SecretStr(f"test:{key}"), "broker_password": secret}
    return Settings(**known).model_copy(update=changes)


@dataclass
class Logins:
    """An application whose users log in; ``settings`` change those of the process."""

    domain: Domain
    addresses: Addresses = ADDRESSES
    settings: dict[str, Any] = field(default_factory=dict)
    address: str = "192.0.2.1"
    hashing: FastHashing = field(default_factory=FastHashing)
    has_console: bool = False

    def __post_init__(self) -> None:
        """Create the application and its redirect URI."""
        self.grants = UserGrants(self.domain)
        self.change(redirect_uris=[REDIRECT])

    @cached_property
    def app(self) -> Flask:
        """The application of the framework."""
        domain, hashing = self.domain, self.hashing
        settings = a_configuration(**self.settings)
        # The clock of the domain stands for the key ring, which logins use as their clock.
        clock: Any = domain.clock
        any_hashing: Any = hashing
        parts = UserGrantParts.of(
            settings, domain.engine, domain.keys, self.addresses, clock, domain.transactions
        )
        parts = replace(
            parts,
            hashing=any_hashing,
            check=PasswordCheck(domain.transactions, domain.keys, any_hashing),
        )
        app = Flask(__name__)
        log_requests(app)
        store = Store(domain.engine, domain.keys)

        def address(_: object) -> str:
            return self.address

        login = login_service(settings, store, self.addresses, parts, address)
        app.register_blueprint(login.blueprint)
        if self.has_console:
            limits = administration_limits(settings, parts)
            app.register_blueprint(console(settings, store, parts, login, limits, address))
        return app

    def visitor(self, host: str = "uaa.example.org") -> Visitor:
        """Return a new browser."""
        client = self.app.test_client()
        visitor = Visitor(client)
        visitor.headers["Host"] = host
        return visitor

    @property
    def client_id(self) -> str:
        """The client id of the application."""
        return self.grants.client.client.client_id

    def change(self, **settings: Any) -> None:
        """Change the application's settings, as its descriptor does."""
        values = {name: json_text(value) for name, value in settings.items()}
        row_id = self.grants.client.client.row_id
        with self.domain.engine.begin() as connection:
            statement = client_setting.update().where(client_setting.c.id == row_id)
            connection.execute(statement.values(**values))

    def user(self, name: str = "ben", *, change_required: bool = False, **changes: Any) -> User:
        """Return a new user with the usual password."""
        user = stored_user(self.domain, self.grants.client.client.zone, name, **changes)
        set_fast_password(self.domain, user, change_required=change_required)
        return user

    def parameters(self, **changes: str) -> dict[str, str]:
        """Return the parameters of an authorization request; an empty value removes one."""
        usual = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "state": STATE,
        }
        return {name: value for name, value in (usual | changes).items() if value}

    def authorize(self, visitor: Visitor, **changes: str) -> Reply:
        """Send an authorization request."""
        return visitor.get(AUTHORIZE, **self.parameters(**changes))
