"""Service and plan of delete requests (OSB-CAT-20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import InvalidRequest
from broker.osb.admission import Admission, Limits
from broker.osb.catalog import Catalog
from broker.osb.edge import Edge
from broker.osb.schemas import catalog_schemas
from broker.runtime.resources import resource
from tests.support.osb import an_osb_request
from tests.support.platform import APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from broker.audit.actor import Actor

WITHDRAWN = "a plan that is no longer in the catalog"


@dataclass
class PlanInUse:
    """The part of the broker that returns the plan of an instance."""

    plan_id: str | None
    asked: int = 0

    def plan_in_use(self, instance_id: str, *, caller: Actor) -> str | None:
        """Return the same plan for each instance, and count the calls."""
        assert (instance_id, caller.platform) == ("i", "default")
        self.asked += 1
        return self.plan_id


def an_edge(broker: Any) -> Edge:
    limits = Limits(body_bytes=1, request_seconds=1, active_requests=1, queued_requests=1)
    catalog = Catalog.load(resource("catalog.yaml"), catalog_schemas())
    return Edge(broker, catalog, Admission(limits))


def test_a_plan_of_the_catalog_needs_no_look_up() -> None:
    broker = PlanInUse(None)
    assert an_edge(broker).deleted_plan(an_osb_request(), APPLICATION) == APPLICATION
    assert broker.asked == 0


def test_a_withdrawn_plan_serves_to_delete_its_instances() -> None:
    edge = an_edge(PlanInUse(WITHDRAWN))
    assert edge.deleted_plan(an_osb_request(), WITHDRAWN) == WITHDRAWN


@pytest.mark.parametrize("in_use", [None, APPLICATION])
def test_any_other_plan_is_refused(in_use: str | None) -> None:
    with pytest.raises(InvalidRequest, match="plan_id"):
        an_edge(PlanInUse(in_use)).deleted_plan(an_osb_request(), WITHDRAWN)


def test_the_service_must_be_that_of_the_catalog() -> None:
    edge = an_edge(PlanInUse(None))
    assert edge.deleted_service(an_osb_request(query={"service_id": SERVICE_ID})) == SERVICE_ID
    with pytest.raises(InvalidRequest, match="service_id"):
        edge.deleted_service(an_osb_request(query={"service_id": "x"}))
    with pytest.raises(InvalidRequest, match="query parameter service_id"):
        edge.deleted_service(an_osb_request())
