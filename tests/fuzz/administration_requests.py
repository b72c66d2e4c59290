"""Requests to the administration APIs that schemathesis generates, most of them plausible."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import schemathesis
from hypothesis import strategies as st

from tests.fuzz.generated_requests import operation_id, seldom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.platform import JsonObject

    Case = schemathesis.Case[Any]

# So few that requests refer to the same objects; the first of a list is drawn more often.
COLLECTIONS = ["Fuzz 1", "Fuzz/2 & ä", "Subaccount Viewer"]
USERS = ["fuzz-1", "o'neil+x@example.com"]
ORIGINS = ["sap.default", "corp"]
TEMPLATES = ["Editor", "AnyViewer"]
ROLES = ["Editor", "Fuzz", "AnyViewer"]
_TENANT = {"iasTenant": {"host": "tenant.accounts.ondemand.com"}}
_KEPT_USERS = 3

# Operations that create objects come often, so that objects exist; others twice.
WEIGHTS = dict.fromkeys(
    (
        *("createUser", "createRoleCollection", "createGroup", "createRole"),
        *("addGroupMember", "addRoleCollection", "addIdpAttributeToRoleCollection"),
    ),
    5,
) | dict.fromkeys(
    (
        *("deleteRoleCollectionByName", "deleteRoleCollections", "deleteGroup"),
        *("deleteUser", "deleteUserById", "deleteUserByName"),
    ),
    1,
)


@dataclass
class Objects:
    """Names and ids that requests refer to; ids of users are those of responses."""

    app_id: str
    instance_id: str
    binding_ids: list[str]
    user_ids: list[str] = field(default_factory=lambda: ["none"] * _KEPT_USERS)
    """The last users; always as many, because draws must not depend on responses."""

    def remember(self, body: bytes) -> None:
        """Add the id of a user in a response, in place of another."""
        try:
            document = json.loads(body)
        except ValueError:
            return
        is_user = isinstance(document, dict) and {"id", "origin", "zoneId"} <= document.keys()
        if is_user and document["id"] not in self.user_ids:
            self.user_ids = [document["id"], *self.user_ids][:_KEPT_USERS]

    def texts(self, operation: str) -> dict[str, list[str]]:
        """Return what parameters and fields of an operation may be."""
        role = operation == "createRole"
        return {
            "name": ROLES if role else COLLECTIONS,
            "displayName": COLLECTIONS,
            "roleCollectionName": COLLECTIONS,
            "id": self._ids(operation),
            "userId": self.user_ids,
            "memberId": self.user_ids,
            "appId": [self.app_id, "xsuaa!t1"],
            "roleTemplateAppId": [self.app_id],
            "scopeName": ["Edit", f"{self.app_id}.Display"],
            "templateName": TEMPLATES,
            "roleTemplateName": TEMPLATES,
            "roleName": ROLES,
            "pageId": ["0", "1"],
            "instanceId": [self.instance_id],
            "bindingId": self.binding_ids,
            "originKey": ["sap.custom", "corp"],
            "credentialType": ["x509", "binding-secret"],
            "types": ["x509", "binding-secret,x509"],
            "userName": USERS,
            "origin": ORIGINS,
            "attributeName": ["Groups", "Country"],
            "attributeValueOrigin": ["static", "saml"],
            "attributeValue": ["a/b", "DE"],
            "operator": ["equals"],
            "If-Match": ["*", "1", '"2"'],
            "sortBy": ["id", "displayName", "created"],
            "sortOrder": ["ascending", "descending"],
            "filter": ["id pr", 'userName sw "f"', 'displayName co "a"'],
            "attributes": ["id", "userName,groups", "displayName"],
        }

    def body(self, operation: str) -> st.SearchStrategy[Any] | None:
        """Return the bodies of an operation that has rules beyond its schema, None for others."""
        removal = {"operation": "delete"} if operation == "changeGroup" else {}
        members = st.lists(
            st.tuples(st.integers(0, _KEPT_USERS - 1), st.booleans()),
            max_size=2,
            unique_by=lambda drawn: drawn[0],
        ).map(
            lambda drawn: [
                {"value": self.user_ids[index], **(removal if is_removed else {})}
                for index, is_removed in drawn
            ]
        )
        roles = st.lists(
            st.sampled_from(["Editor", "AnyViewer"]).map(
                lambda name: {
                    "roleTemplateAppId": self.app_id,
                    "roleTemplateName": name,
                    "name": name,
                }
            ),
            max_size=2,
        )
        named = {"name": st.sampled_from(COLLECTIONS), "roleReferences": roles}
        user = {
            "userName": st.sampled_from(USERS),
            "emails": st.just([{"value": "fuzz@example.com"}]),
        }
        bodies: dict[str, st.SearchStrategy[Any]] = {
            "createUser": st.fixed_dictionaries(user, optional={"active": st.booleans()}),
            "replaceUser": st.fixed_dictionaries(user, optional={"active": st.booleans()}),
            "changeUser": st.fixed_dictionaries({}, optional={"active": st.booleans(), **user}),
            "createGroup": st.fixed_dictionaries(
                {"displayName": st.sampled_from(COLLECTIONS)}, optional={"members": members}
            ),
            "replaceGroup": st.fixed_dictionaries({"members": members}),
            "changeGroup": st.fixed_dictionaries({"members": members}),
            "addGroupMember": st.sampled_from(self.user_ids).map(lambda value: {"value": value}),
            "createRoleCollection": st.fixed_dictionaries(named),
            "addRolesToRoleCollection": roles,
            "deleteRolesFromRoleCollection": roles,
            "createIdentityProvider": st.just({"type": "oidc1.0", "config": _TENANT}),
            "rotateInstanceSecret": st.just({"overlapSeconds": 60}),
        }
        return bodies.get(operation)

    def _ids(self, operation: str) -> list[str]:
        if operation == "getAppById":
            return [self.app_id, self.instance_id]
        return COLLECTIONS if "Group" in operation else self.user_ids


def load_document(document: JsonObject, objects: Objects) -> schemathesis.BaseSchema:
    """Return the document, whose requests refer to these objects."""
    loaded = schemathesis.openapi.from_dict(document)

    def flatmap_case(_context: schemathesis.HookContext, case: Case) -> st.SearchStrategy[Case]:
        return seldom.flatmap(lambda wild: st.just(case) if wild else _plausible(case, objects))

    loaded.hook(flatmap_case)
    return loaded


@st.composite
def _plausible(draw: st.DrawFn, case: Case, objects: Objects) -> Case:
    """Replace well-formed values by those that refer to objects."""
    operation = operation_id(case.operation)
    texts = objects.texts(operation)
    body = objects.body(operation)
    if body is not None and not draw(seldom):
        case.body = draw(body)
    elif not isinstance(case.body, str | bytes):
        for holder in _objects_in(case.body):
            _replace_texts(draw, holder, texts)
    _replace_texts(draw, case.query, texts)
    # Generated ones are encoded, too.
    for name in case.path_parameters:
        if name in texts:
            case.path_parameters[name] = quote(draw(st.sampled_from(texts[name])), safe="")
    if "If-Match" in _headers_of(case) and not draw(seldom):
        case.headers["If-Match"] = draw(st.sampled_from(texts["If-Match"]))
    return case


def _replace_texts(draw: st.DrawFn, members: Any, texts: dict[str, list[str]]) -> None:
    for name, value in list(members.items()):
        if name in texts and isinstance(value, str):
            members[name] = draw(st.sampled_from(texts[name]))


def _headers_of(case: Case) -> set[str]:
    parameters = case.operation.definition.raw.get("parameters", [])
    return {each["name"] for each in parameters if each["in"] == "header"}


def _objects_in(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _objects_in(each)
    elif isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects_in(each)
