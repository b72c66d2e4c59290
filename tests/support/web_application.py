"""An application with users who log in through a browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from broker.identity.password_hash import hash_password
from tests.clients.service_instance import ServiceInstance, ServiceKey
from tests.support.login_browser import CALLBACK, LoginBrowser
from tests.support.passwords import PASSWORD
from tests.support.platform import a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.application import Credentials
    from tests.support.platform import JsonObject, PlatformClient
    from tests.support.server_store import ServerStore


@cache
def _hashed() -> str:
    """Return the hash of the password of all users: hashing takes long."""
    return hash_password(PASSWORD)


def a_web_descriptor(**configuration: Any) -> JsonObject:
    """Return a descriptor with a redirect URI; ``configuration`` is of ``oauth2-configuration``."""
    return a_descriptor(
        oauth2_configuration={
            **credential_types("binding-secret"),
            "redirect-uris": [CALLBACK],
            **{name.replace("_", "-"): value for name, value in configuration.items()},
        }
    )


def _context(organization: str) -> JsonObject:
    return {
        "platform": "cloudfoundry",
        "organization_guid": organization,
        "organization_name": f"org {organization[:8]}",
    }


@dataclass(frozen=True)
class WebApplication:
    """A service instance with credentials; its users are written to the server's database."""

    store: ServerStore
    instance: ServiceInstance
    key: ServiceKey
    users: dict[str, User] = field(default_factory=dict)

    @classmethod
    def create(
        cls,
        store: ServerStore,
        platform: PlatformClient,
        *,
        organization: str | None = None,
        **configuration: Any,
    ) -> WebApplication:
        """Create the instance, in the usual organization or another one, which is a zone."""
        instance = ServiceInstance(platform)
        descriptor = a_web_descriptor(**configuration)
        more: dict[str, Any] = {}
        if organization is not None:
            more = {"organization_guid": organization, "context": _context(organization)}
        created = platform.provision(instance.instance_id, descriptor, **more)
        assert created.status_code == 201, created.text
        return cls(store, instance, instance.create_key("binding-secret"))

    @property
    def credentials(self) -> Credentials:
        """The credentials of the application."""
        return self.key.credentials

    def add_user(self, *, change_required: bool = False) -> str:
        """Return the name of a new user with the usual password."""
        name = f"anna-{a_guid()[:8]}"
        user = self.store.add_user(self.credentials["identityzone"], name)
        self.store.transactions.run(
            lambda store: store.passwords.put(
                user, _hashed(), store.time(), change_required=change_required
            )
        )
        self.users[name] = user
        return name

    def browser(self) -> LoginBrowser:
        """Return a new browser."""
        return LoginBrowser(self.credentials["url"])

    def logged_in(self, name: str) -> LoginBrowser:
        """Return a browser with a session of the user."""
        browser = self.browser()
        browser.code(self.credentials, name, PASSWORD)
        return browser

    def count(self, table: Any) -> int:
        """Return the number of rows of a table."""
        with self.store.engine.connect() as connection:
            query = select(func.count()).select_from(table)
            return int(connection.execute(query).scalar_one())
