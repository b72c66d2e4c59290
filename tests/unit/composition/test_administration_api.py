"""Each change by the administration APIs is one transaction, its response included."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from broker.api.models import adapter
from broker.api.request import ApiRequest, Caller
from broker.api.table import ROUTES
from broker.authorization.collections.map_collections import MapCollections
from broker.authorization.collections.model import CollectionMapping
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.composition.administration_api import services_of
from tests.support.counted_transactions import CountedTransactions
from tests.support.domain import OPERATOR
from tests.support.login_service import a_configuration
from tests.support.role_collections import ADMINISTRATOR, assign, descriptor
from tests.support.users import stored_provider, stored_user

if TYPE_CHECKING:
    from broker.api.route import Reply
    from broker.identity.client import Client
    from tests.support.domain import Domain

BY_OPERATION = {route.operation_id: route for route in ROUTES}
ROLE = {"roleTemplateAppId": "app!t1", "roleTemplateName": "Viewer", "name": "Viewer"}
NEW_ROLE = ROLE | {"name": "Custom"}
IN_PATH = {"roleTemplateAppId": "app!t1", "roleTemplateName": "Viewer", "roleName": "Viewer"}
OF_TEAM = {"roleCollectionName": "Team"}
ANNA = {"origin": "sap.default", "userName": "anna"}
MAPPING = {"attributeName": "Groups", "attributeValue": "all", "operator": "equals"}
SCIM_USER = {"userName": "new", "emails": [{"value": "new@example.org"}]}

CHANGES: dict[str, tuple[dict[str, str], Any]] = {
    "createRoleCollection": ({}, {"name": "New", "roleReferences": [ROLE]}),
    "createRoleCollections": ({}, {"roleCollections": [{"name": "New"}]}),
    "deleteRoleCollections": ({}, {"roleCollections": ["Team"]}),
    "changeRoleCollectionDescription": (OF_TEAM, {"description": "x"}),
    "deleteRoleCollectionByName": (OF_TEAM, None),
    "addRolesToRoleCollection": (OF_TEAM, [ROLE]),
    "deleteRolesFromRoleCollection": (OF_TEAM, [ROLE]),
    "addRoleToRoleCollection": (OF_TEAM | IN_PATH, None),
    "deleteRoleFromRoleCollection": (OF_TEAM | IN_PATH, None),
    "createRole": ({}, NEW_ROLE),
    "updateRole": (
        {"appId": "app!t1", "templateName": "Viewer", "roleName": "Old"},
        {"description": "x"},
    ),
    "deleteRoleByRoleName": (
        {"appId": "app!t1", "templateName": "Viewer", "roleName": "Old"},
        None,
    ),
    "addIdpAttributeToRoleCollection": (
        {"origin": "corp"},
        {"roleCollectionName": "Team", **MAPPING},
    ),
    "deleteIdpAttributeToRoleCollection": (
        {"origin": "corp", "roleCollectionName": "Held", **MAPPING},
        None,
    ),
    "createUserWithRoleCollections": ({}, {"username": "new", "roleCollections": ["Team"]}),
    "createUsers": ({}, [{"username": "new", "roleCollections": ["Team"]}, {"username": "b"}]),
    "updateUser": ({}, {"username": "anna", "givenName": "A", "roleCollections": ["Team"]}),
    "deleteUserByName": (ANNA, None),
    "addRoleCollection": (ANNA | OF_TEAM, None),
    "removeRoleCollection": (ANNA | {"roleCollectionName": "Held"}, None),
    "deleteUserById": ({"id": "ID"}, None),
    "createUser": ({}, SCIM_USER),
    "replaceUser": ({"id": "ID"}, SCIM_USER),
    "changeUser": ({"id": "ID"}, {"locale": "de"}),
    "deleteUser": ({"id": "ID"}, None),
    "createGroup": ({}, {"displayName": "New", "members": [{"value": "ID"}]}),
    "replaceGroup": ({"id": "Team"}, {"members": [{"value": "ID"}]}),
    "changeGroup": ({"id": "Team"}, {"members": [{"value": "ID"}]}),
    "deleteGroup": ({"id": "Team"}, None),
    "addGroupMember": ({"id": "Team"}, {"value": "ID"}),
    "removeGroupMember": ({"id": "Held", "memberId": "ID"}, None),
    "addRoleCollectionsToCurrentUser": ({}, {"roleCollections": ["Team"]}),
    "removeRoleCollectionsFromCurrentUser": ({}, {"roleCollections": ["Held"]}),
}


@pytest.fixture
def client(on_sqlite: Domain) -> Client:
    """A client of a zone with an application, a provider, two collections and a role."""
    found = on_sqlite.provision("app", descriptor()).instance.client
    collections = ZoneCollections(on_sqlite.transactions)
    for name in ("Team", "Held"):
        collections.create(OPERATOR, found.zone.guid, name, None)
    stored_provider(on_sqlite, found.zone, "corp")
    mapping = CollectionMapping("Held", "corp", "Groups", "all")
    MapCollections(on_sqlite.transactions).map(OPERATOR, found.zone.guid, mapping)
    user = stored_user(on_sqlite, found.zone, "anna", user_id="ID")
    assign(on_sqlite, user, "Held")
    _handled(on_sqlite, found, "createRole", {}, NEW_ROLE | {"name": "Old"})
    return found


def _handled(
    domain: Domain, client: Client, operation: str, path: dict[str, str], body: Any
) -> tuple[Reply, CountedTransactions]:
    transactions = CountedTransactions(domain)
    route = BY_OPERATION[operation]
    actor = replace(ADMINISTRATOR, id="ID")
    request = ApiRequest(
        Caller(actor, client, actor.scopes),
        path,
        {each.name: each.default for each in route.query},
        {each.name: "*" for each in route.headers},
        None if route.request is None else adapter(route.request).validate_python(body),
    )
    store: Any = domain
    services = services_of(a_configuration(), store, transactions)  # type: ignore[arg-type]
    return route.handler(services, request), transactions


@pytest.mark.parametrize("operation", CHANGES)
def test_a_change_is_one_transaction(on_sqlite: Domain, client: Client, operation: str) -> None:
    reply, transactions = _handled(on_sqlite, client, operation, *CHANGES[operation])
    assert (transactions.runs, transactions.reads) == (1, 0)
    route = BY_OPERATION[operation]
    assert route.response is None or reply.body is not None
