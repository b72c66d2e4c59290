"""GET /v2/catalog (OSB-CAT)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import flask
from openbrokerapi.helper import to_json_response
from openbrokerapi.response import CatalogResponse

if TYPE_CHECKING:
    from flask import Response

    from broker.osb.edge import Edge
    from broker.osb.request import OsbRequest


def catalog(edge: Edge, request: OsbRequest) -> Response:
    """Return the catalog as this platform may use it, 304 if the platform has it (OSB-CAT-16)."""
    service = edge.catalog.shown(bindings_retrievable=request.platform.reads_credentials)
    response: Response = to_json_response(CatalogResponse([service]))
    response.add_etag()
    response.make_conditional(flask.request)
    return response
