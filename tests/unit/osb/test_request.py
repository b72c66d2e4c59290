"""The authenticated request."""

from __future__ import annotations

import pytest

from broker.errors import InvalidRequest
from broker.osb.body import Form
from tests.support.osb import an_osb_request

FORM = Form(required=("service_id",), optional=(), objects=())


def test_a_body_of_another_media_type_is_not_read() -> None:
    def unreadable() -> bytes:
        raise AssertionError("the body was read")

    request = an_osb_request(media_type="text/plain", read_body=unreadable)
    with pytest.raises(InvalidRequest, match=r"Content-Type.*text/plain.*application/json"):
        request.message(FORM)


def test_a_message_has_the_members_of_its_form() -> None:
    request = an_osb_request(read_body=lambda: b'{"service_id": "s", "plan_id": "p"}')
    message = request.message(FORM)
    assert (message.service_id, message.plan_id) == ("s", None)


@pytest.mark.parametrize("query", [{}, {"plan_id": ""}])
def test_a_mandatory_query_parameter_is_named(query: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest, match="query parameter plan_id"):
        an_osb_request(query=query).query_parameter("plan_id")
