"""Roles and role templates over the administration API (§3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.clients.service_instance import ServiceInstance
from tests.support.administration import api_client, in_organization, path_of
from tests.support.platform import a_guid

if TYPE_CHECKING:
    from tests.support.administration import ApiClient
    from tests.support.platform import PlatformClient


@pytest.fixture(scope="module")
def application(on_sqlite: PlatformClient) -> tuple[ApiClient, str]:
    """A client, and the id of an application with attributes in its zone."""
    organization = a_guid()
    api = api_client(on_sqlite, organization=organization)
    instance = ServiceInstance(on_sqlite)
    descriptor = {
        "xsappname": f"app-{a_guid()}",
        "scopes": [{"name": "$XSAPPNAME.read"}, {"name": "$XSAPPNAME.write"}],
        "attributes": [
            {"name": "country", "description": "Country"},
            {"name": "unit", "valueRequired": False},
        ],
        "role-templates": [
            {
                "name": "Viewer",
                "description": "View",
                "scope-references": ["$XSAPPNAME.read", "uaa.user"],
                "attribute-references": [
                    {"name": "country", "default-values": ["DE", "FR"]},
                    "unit",
                ],
            },
            {"name": "Editor", "attribute-references": ["country"]},
        ],
        "role-collections": [
            {"name": "Declared", "role-template-references": ["$XSAPPNAME.Viewer"]}
        ],
    }
    created = on_sqlite.provision(instance.instance_id, descriptor, **in_organization(organization))
    assert created.status_code == 201, created.text
    return api, instance.create_key().credentials["xsappname"]


def test_roles_of_a_collection(application: tuple[ApiClient, str]) -> None:
    api, app_id = application
    assert api.get(path_of("rolecollections", "Declared", "roles")) == [
        {
            "roleTemplateName": "Viewer",
            "roleTemplateAppId": app_id,
            "name": "Viewer",
            "description": "View",
            "isReadOnly": True,
            "appName": app_id.rpartition("!")[0],
            "scopes": [{"name": f"{app_id}.read"}, {"name": "uaa.user"}],
            "attributeList": [
                {
                    "attributeName": "country",
                    "attributeValueOrigin": "static",
                    "attributeValues": ["DE", "FR"],
                    "valueRequired": True,
                    "description": "Country",
                },
                {
                    "attributeName": "unit",
                    "attributeValueOrigin": "static",
                    "attributeValues": [None],
                    "valueRequired": False,
                },
            ],
            "roleCollectionReferences": [{"name": "Declared"}],
        }
    ]
