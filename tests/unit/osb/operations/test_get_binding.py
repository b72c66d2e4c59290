"""GET of a binding (OSB-GETB)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from broker.errors import InvalidRequest
from broker.osb.operations.get_binding import get_binding
from broker.osb.specifications import FetchedBinding
from tests.support.osb import PLATFORM, an_osb_request

if TYPE_CHECKING:
    from broker.osb.edge import Edge
    from tests.unit.osb.operations.conftest import RecordedBroker

CREDENTIALS = {"clientid": "sb-app!t7"}


def test_credentials_parameters_and_metadata_are_returned(
    edge: Edge, broker: RecordedBroker
) -> None:
    metadata = {"expires_at": "2030-01-07T00:00:00.0Z"}
    broker.result = FetchedBinding(CREDENTIALS, {"a": 1}, metadata)
    request = an_osb_request()
    response = get_binding(edge, request)
    assert response.status_code == 200
    assert response.get_json() == {
        "credentials": CREDENTIALS,
        "parameters": {"a": 1},
        "metadata": metadata,
    }
    assert broker.calls == [("get_binding", ("i", "b"), {"caller": request.caller})]
    assert broker.admitted == [True]


def test_absent_members_are_omitted(edge: Edge, broker: RecordedBroker) -> None:
    broker.result = FetchedBinding(CREDENTIALS, None, None)
    assert get_binding(edge, an_osb_request()).get_json() == {"credentials": CREDENTIALS}


def test_a_platform_without_this_permission_reads_no_credentials(
    edge: Edge, broker: RecordedBroker
) -> None:
    """D-07."""
    request = an_osb_request(platform=replace(PLATFORM, reads_credentials=False))
    with pytest.raises(InvalidRequest, match="reading credentials back"):
        get_binding(edge, request)
    assert broker.calls == []
