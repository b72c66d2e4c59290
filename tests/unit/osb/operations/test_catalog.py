"""GET of the catalog (OSB-CAT)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from flask import Flask

from broker.osb.operations.catalog import catalog
from tests.support.osb import PLATFORM, an_osb_request
from tests.support.platform import APIACCESS, APPLICATION, SERVICE_ID

if TYPE_CHECKING:
    from broker.osb.edge import Edge

APP = Flask(__name__)


@pytest.mark.parametrize("reads_credentials", [True, False])
def test_the_catalog_is_that_of_the_platform(edge: Edge, *, reads_credentials: bool) -> None:
    """D-07."""
    platform = replace(PLATFORM, reads_credentials=reads_credentials)
    with APP.test_request_context():
        response = catalog(edge, an_osb_request(platform=platform))
    assert response.status_code == 200
    [service] = response.get_json()["services"]
    assert service["id"] == SERVICE_ID
    assert {plan["id"] for plan in service["plans"]} == {APPLICATION, APIACCESS}
    assert service["bindings_retrievable"] is reads_credentials


def test_a_catalog_that_the_platform_has_is_not_sent_again(edge: Edge) -> None:
    """OSB-CAT-16."""
    with APP.test_request_context():
        tag = catalog(edge, an_osb_request()).headers["ETag"]
    with APP.test_request_context(headers={"If-None-Match": tag}):
        assert catalog(edge, an_osb_request()).status_code == 304
    other = an_osb_request(platform=replace(PLATFORM, reads_credentials=False))
    with APP.test_request_context(headers={"If-None-Match": tag}):
        assert catalog(edge, other).status_code == 200
