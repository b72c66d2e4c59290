"""The administration APIs with tokens of users (D-57), and their own role collections."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from broker.store.tables.core import service_instance
from tests.clients.service_instance import ServiceInstance
from tests.support.administration import (
    ALL_SCOPES,
    ApiClient,
    api_client,
    in_organization,
    path_of,
)
from tests.support.platform import a_descriptor, a_guid, credential_types
from tests.support.server_store import store_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.service_instance import ServiceKey
    from tests.support.platform import PlatformClient
    from tests.support.server import Server
    from tests.support.server_store import ServerStore

ADMINISTRATORS, VIEWERS = "Subaccount Administrator", "Subaccount Viewer"
COLLECTIONS = path_of("rolecollections")
CURRENT = path_of("users", "current", "rolecollections")


@dataclass(frozen=True)
class Users:
    """An application that was approved for all scopes, in a zone with users."""

    api: ApiClient
    instance: ServiceInstance
    key: ServiceKey
    store: ServerStore

    def named(self, name: str, *collections: str, key: ServiceKey | None = None) -> ApiClient:
        """Return a client with a token of a new user with these role collections."""
        body = {"username": name, "roleCollections": collections}
        created = self.api("POST", "/sap/rest/user", body)
        assert created.status_code == 200, created.text
        credentials = (key or self.key).credentials
        user = self.store.transactions.read(lambda store: store.users.find(created.json()["id"]))
        assert user is not None
        issued = self.store.tokens.issue(credentials, user, *ALL_SCOPES)
        return replace(self.api, token=issued.access_token, credentials={"user": user.user_id})


@pytest.fixture(scope="module")
def users(on_sqlite: PlatformClient, sqlite_server: Server) -> Iterator[Users]:
    organization = a_guid()
    api, instance = api_client(on_sqlite, organization=organization), ServiceInstance(on_sqlite)
    descriptor = a_descriptor(oauth2_configuration=credential_types("binding-secret"))
    descriptor |= {"foreign-scope-references": list(ALL_SCOPES)}
    created = on_sqlite.provision(instance.instance_id, descriptor, **in_organization(organization))
    assert created.status_code == 201, created.text
    key = instance.create_key()
    app_id = key.credentials["xsappname"]
    sqlite_server.command("applications", "approve", app_id, "--zone", api.zone, "--yes")
    with store_of(sqlite_server) as store:
        yield Users(api, instance, key, store)


def test_administrators_write_and_auditors_only_read(users: Users) -> None:
    admin, auditor = users.named("admin", ADMINISTRATORS), users.named("auditor", VIEWERS)
    other = users.named("other")
    new = {"name": f"Team {a_guid()}"}
    assert auditor.get(COLLECTIONS) == admin.get(COLLECTIONS)
    for client in (auditor, other):
        refused = client("POST", COLLECTIONS, new)
        assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
        assert client("DELETE", f"/Users/{client.credentials['user']}").status_code == 403
    assert other("GET", COLLECTIONS).status_code == 403
    assert admin("POST", COLLECTIONS, new).status_code == 200
    user = admin("POST", "/Users", {"userName": "new", "emails": [{"value": "a@example.org"}]})
    assert user.status_code == 201
    # D-47: an administrator has all scopes.
    granted = admin("PUT", "/sap/rest/user", {"username": "new", "roleCollections": [VIEWERS]})
    assert granted.json()["roleCollections"] == [VIEWERS]


def test_role_collections_of_the_current_user(users: Users) -> None:
    admin, auditor = users.named("current-admin", ADMINISTRATORS), users.named("reader", VIEWERS)
    name = f"Own {a_guid()}"
    assert admin("POST", COLLECTIONS, {"name": name}).status_code == 200
    body = {"roleCollections": [name], "roleCollectionsBySamlAssignment": ["x"]}
    added = admin("POST", CURRENT, body)
    both = {"roleCollections": [name, ADMINISTRATORS], "roleCollectionsBySamlAssignment": []}
    assert (added.status_code, added.json()) == (200, both)
    assert admin.get(CURRENT) == both
    assert admin.get(path_of("users", admin.credentials["user"], "rolecollections")) == both
    removed = admin("DELETE", CURRENT, {"roleCollections": [name]})
    assert (removed.status_code, removed.json()["roleCollections"]) == (200, [ADMINISTRATORS])
    assert admin("DELETE", CURRENT, {"roleCollections": [name]}).status_code == 404
    assert admin("POST", CURRENT, {"roleCollections": ["Unknown"]}).status_code == 404
    assert admin("POST", CURRENT, {}).status_code == 400
    assert auditor.get(CURRENT)["roleCollections"] == [VIEWERS]
    assert auditor("POST", CURRENT, {"roleCollections": [ADMINISTRATORS]}).status_code == 403


def test_a_client_is_no_current_user(users: Users, on_sqlite: PlatformClient) -> None:
    for method, body in (("GET", None), ("POST", {"roleCollections": []})):
        response = users.api(method, CURRENT, body)
        assert response.status_code == 404
        assert "has no user" in response.json()["error"]
    reader = users.named("far-reader")
    path = path_of("users", reader.credentials["user"], "rolecollections")
    assert users.api.get(path)["roleCollections"] == []
    assert api_client(on_sqlite)("GET", path).status_code == 404
    for name in ("..", "a/b", "%2F", "x" * 65, "über", "o'neil+x@example.com", "a\x00b"):
        assert users.api("GET", path_of("users", name, "rolecollections")).status_code == 404


def test_withdrawn_rights_have_no_effect_at_once(users: Users) -> None:
    """Role collection, activity, binding: with the same token."""
    key = users.instance.create_key()
    admin = users.named("former", ADMINISTRATORS, key=key)
    user_id = admin.credentials["user"]
    assert admin("GET", COLLECTIONS).status_code == 200
    keeper = {"username": "keeper", "roleCollections": [ADMINISTRATORS]}
    assert users.api("POST", "/sap/rest/user", keeper).status_code == 200
    demoted = users.api(
        "PUT",
        "/sap/rest/user",
        {"id": user_id, "roleCollections": [VIEWERS]},
        params={"onlyRoleCollections": "true"},
    )
    assert demoted.json()["roleCollections"] == [VIEWERS]
    assert admin("GET", COLLECTIONS).status_code == 200
    assert admin("POST", COLLECTIONS, {"name": "X"}).status_code == 403

    def set_active(*, active: bool) -> None:
        path, anything = f"/Users/{user_id}", {"If-Match": "*"}
        changed = users.api("PATCH", path, {"active": active}, headers=anything)
        assert changed.status_code == 200, changed.text

    set_active(active=False)
    refused = admin("GET", COLLECTIONS)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_token")
    reader = users.named("reader-by-key", VIEWERS, key=key)
    assert reader("GET", COLLECTIONS).status_code == 200
    users.instance.delete_key(key)
    assert reader("GET", COLLECTIONS).status_code == 401


def test_a_zone_of_several_tenants_is_not_administered(
    on_sqlite: PlatformClient, sqlite_server: Server
) -> None:
    """D-53: not before it is split."""
    organization = a_guid()
    first, second = (api_client(on_sqlite, organization=organization) for _ in range(2))
    with store_of(sqlite_server) as store, store.engine.begin() as connection:
        moved = service_instance.c.instance_id == first.instance_id
        connection.execute(update(service_instance).where(moved).values(tenant="another"))
    for client in (first, second):
        for path in (COLLECTIONS, "/Users", path_of("apps"), path_of("ownapp")):
            response = client("GET", path)
            assert response.status_code == 409, path
        created = client("POST", "/sap/rest/user", {"username": "anna"})
        assert created.status_code == 409
        assert "zones split" in created.json()["error"]
