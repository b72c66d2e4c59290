"""What every OSB operation works with, and the checks that several share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.osb.admission import Admission
    from broker.osb.catalog import Catalog
    from broker.osb.request import OsbRequest
    from broker.osb.service_broker import XsuaaServiceBroker


@dataclass(frozen=True, slots=True)
class Edge:
    """The broker, its catalog, and the limit of requests that use the database."""

    broker: XsuaaServiceBroker
    catalog: Catalog
    admission: Admission

    def deleted_plan(self, request: OsbRequest, plan_id: str) -> str:
        """Return the plan id of a delete request, if the catalog or the instance has this plan.

        A plan that was withdrawn from the catalog still serves to delete what was made with it
        (OSB-CAT-20). Raises InvalidRequest for any other.
        """
        if plan_id not in self.catalog.plans:
            in_use = self.broker.plan_in_use(request.instance_id, caller=request.caller)
            if in_use != plan_id:
                self.catalog.plan(plan_id)
        return plan_id

    def deleted_service(self, request: OsbRequest) -> str:
        """Return the service id of a delete request; raise InvalidRequest if it is unknown."""
        service_id = request.query_parameter("service_id")
        self.catalog.require_service(service_id)
        return service_id
