"""Look-ups in the catalog (OSB-CAT, OSB-PROV-07, OSB-PROV-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.errors import InvalidRequest, MaintenanceConflict
from broker.osb.body import Message
from broker.osb.catalog import Catalog
from broker.osb.reference import PATH
from broker.osb.schemas import catalog_schemas
from broker.runtime.resources import resource
from tests.support.platform import APIACCESS, APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = Catalog.load(resource("catalog.yaml"), catalog_schemas())
VERSION = CATALOG.versions[APPLICATION]


@pytest.mark.parametrize(
    "message",
    [
        Message(),
        Message(service_id=SERVICE_ID, plan_id=APIACCESS),
        Message(plan_id=APPLICATION, maintenance_version=VERSION),
        Message(maintenance_version=VERSION),
    ],
)
def test_ids_of_the_catalog_are_accepted(message: Message) -> None:
    CATALOG.check(message)


@pytest.mark.parametrize(
    ("message", "path"),
    [
        (Message(service_id="x", plan_id=APPLICATION), "service_id"),
        (Message(service_id=SERVICE_ID, plan_id="x"), "plan_id"),
    ],
)
def test_an_unknown_id_is_named(message: Message, path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        CATALOG.check(message)
    assert [violation.path for violation in caught.value.violations] == [path]
    assert APPLICATION not in str(caught.value)
    assert SERVICE_ID not in str(caught.value)


def test_the_documentation_is_below_the_origin_unless_it_is_elsewhere(tmp_path: Path) -> None:
    original = resource("catalog.yaml")
    schemas, origin = catalog_schemas(), "https://uaa.example.org"
    shown = Catalog.load(original, schemas, origin).service.metadata
    assert shown["documentationUrl"] == f"{origin}{PATH}"
    own = tmp_path / "catalog.yaml"
    own.write_text(original.read_text().replace(PATH, "https://docs.example.org/uaa"))
    shown = Catalog.load(own, schemas, origin).service.metadata
    assert shown["documentationUrl"] == "https://docs.example.org/uaa"


def test_the_plans_are_named() -> None:
    with pytest.raises(InvalidRequest, match="allowed: the id of plan application or apiaccess"):
        CATALOG.plan("x")


def test_another_maintenance_version_is_a_conflict() -> None:
    with pytest.raises(MaintenanceConflict):
        CATALOG.check(Message(plan_id=APPLICATION, maintenance_version="0.0.1"))


def test_only_the_copy_for_one_platform_changes() -> None:
    """D-07."""
    assert CATALOG.shown(bindings_retrievable=False).bindings_retrievable is False
    assert CATALOG.shown(bindings_retrievable=True).bindings_retrievable is True
