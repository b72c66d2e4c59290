"""The referee refuses every catalog that Cloud Controller would refuse to register."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from broker.osb.schemas import catalog_schemas
from tests.support.catalog_referee import catalog_flaws

CATALOG: dict[str, Any] = {
    "services": [
        {
            "id": "s",
            "name": "xsuaa",
            "description": "A service",
            "bindable": True,
            "plan_updateable": False,
            "tags": ["xsuaa"],
            "requires": [],
            "metadata": {"shareable": True, "documentationUrl": "https://x"},
            "dashboard_client": {"id": "d", "secret": "s", "redirect_uri": "https://x"},
            "plans": [
                {
                    "id": f"p-{plan}",
                    "name": plan,
                    "description": "A plan",
                    "free": True,
                    "bindable": True,
                    "maximum_polling_duration": 60,
                    "maintenance_info": {"version": "1.2.3-rc.1+build", "description": "d"},
                    "schemas": schemas,
                }
                for plan, schemas in catalog_schemas().items()
            ],
        }
    ]
}
SERVICE, PLAN = ("services", 0), ("services", 0, "plans", 0)
SCHEMA = (*PLAN, "schemas", "service_binding", "create", "parameters")
DRAFT = "http://json-schema.org/draft-04/schema#"


def test_a_good_catalog_passes() -> None:
    assert list(catalog_flaws(CATALOG)) == []


CATALOG_CHANGES: list[tuple[tuple[str | int, ...], object, str]] = [
    (("services",), [], "at least one service"),
    (("services",), None, "at least one service"),
    ((*SERVICE, "id"), " ", "id: not a non-blank string"),
    ((*SERVICE, "name"), None, "name: not a non-blank string"),
    ((*SERVICE, "description"), "x" * 10_001, "more than 10000"),
    ((*SERVICE, "bindable"), None, "bindable: None is not a boolean"),
    ((*SERVICE, "instances_retrievable"), "yes", "is not a boolean"),
    ((*SERVICE, "tags"), None, "tags: None is not an array"),
    ((*SERVICE, "tags"), ["a", 1], "not all are strings"),
    ((*SERVICE, "tags"), ["x" * 1025, "x" * 1025], "more than 2048"),
    ((*SERVICE, "requires"), ["everything"], "requires: not all among"),
    ((*SERVICE, "metadata"), [], "metadata: [] is not an object"),
    ((*SERVICE, "metadata", "shareable"), "true", "shareable: not a boolean"),
    ((*SERVICE, "metadata", "documentationUrl"), 1, "documentationUrl: not a string"),
    ((*SERVICE, "dashboard_client"), "d", "dashboard_client: not an object"),
    ((*SERVICE, "dashboard_client", "secret"), "", "dashboard_client.secret"),
    ((*SERVICE, "plans"), [], "plans: at least one"),
    ((*PLAN, "id"), "p-apiaccess", "plan ids must be unique"),
    ((*PLAN, "name"), "apiaccess", "plan names must be unique"),
    ((*PLAN, "description"), "", "description: not a non-blank string"),
    ((*PLAN, "free"), 1, "free: 1 is not a boolean"),
    ((*PLAN, "maximum_polling_duration"), True, "is not an integer"),
    ((*PLAN, "maintenance_info"), "1.0.0", "is not an object"),
    ((*PLAN, "maintenance_info", "version"), "v1.2.3", "no semantic version"),
    ((*PLAN, "maintenance_info", "version"), "1.02.3", "no semantic version"),
    ((*PLAN, "maintenance_info", "version"), None, "no semantic version"),
    ((*PLAN, "maintenance_info", "description"), 1, "description: not a string"),
    ((*PLAN, "maintenance_info", "public"), "x", "other members than"),
    ((*PLAN, "maintenance_info", "description"), "x" * 2000, "more than 2000"),
    ((*PLAN, "schemas"), [], "schemas: [] is not an object"),
    ((*PLAN, "schemas", "service_binding"), [], "service_binding: not an object"),
    ((*PLAN, "schemas", "service_instance", "update"), [], "update: not an object"),
    (SCHEMA, "x", "not an object"),
    (SCHEMA, {}, "$schema: None is none of draft"),
    (SCHEMA, {"$schema": "http://json-schema.org/draft-07/schema#"}, "is none of draft"),
    (SCHEMA, {"$schema": DRAFT, "description": "x" * 65_536}, "more than 65536"),
    (SCHEMA, {"$schema": DRAFT, "exclusiveMinimum": 1}, "no JSON schema of draft 4"),
    (SCHEMA, {"$schema": DRAFT, "not": True}, "no JSON schema of draft 4"),
    (SCHEMA, {"$schema": DRAFT, "required": []}, "no JSON schema of draft 4"),
    (SCHEMA, {"$schema": DRAFT, "items": [{"$ref": "http://x/y"}]}, "'http://x/y' is external"),
]


@pytest.mark.parametrize(("where", "value", "rule"), CATALOG_CHANGES)
def test_a_bad_catalog_is_named(where: tuple[str | int, ...], value: object, rule: str) -> None:
    catalog = copy.deepcopy(CATALOG)
    place: Any = catalog
    for step in where[:-1]:
        place = place[step]
    place[where[-1]] = value
    assert any(rule in flaw for flaw in catalog_flaws(catalog))


@pytest.mark.parametrize(
    ("place", "member"),
    [
        ("service", "bindable"),
        ("service", "plan_updateable"),
        ("plan", "free"),
        ("plan", "bindable"),
        ("dashboard_client", "redirect_uri"),
    ],
)
def test_a_missing_member_of_the_catalog_is_named(place: str, member: str) -> None:
    catalog = copy.deepcopy(CATALOG)
    service = catalog["services"][0]
    places = {"service": service, "plan": service["plans"][0]}
    del (places | service).get(place, service)[member]
    assert member in str(list(catalog_flaws(catalog)))


def test_services_and_their_clients_differ() -> None:
    flaws = str(list(catalog_flaws({"services": CATALOG["services"] * 2})))
    for what in ("service ids", "service names", "plan ids", "dashboard_client ids"):
        assert f"{what} must be unique" in flaws
