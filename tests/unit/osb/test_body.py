"""Request bodies (OSB-BODY)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import InvalidRequest
from broker.osb.body import Message, is_json, parse_body
from broker.osb.operations.bind import FORM as BIND
from broker.osb.operations.bind import PREDECESSOR, SUCCESSOR_FORM
from broker.osb.operations.provision import FORM as PROVISION
from broker.osb.operations.update import FORM as UPDATE

IDS: dict[str, Any] = {"service_id": "s", "plan_id": "p"}


def encoded(**members: object) -> bytes:
    return json.dumps({**IDS, **members}).encode()


def test_null_and_empty_optional_members_are_absent() -> None:
    """Korifi sends Go's zero values (OSB-BODY-05)."""
    data = encoded(parameters=None, app_guid="", bind_resource={"app_guid": ""}, context=None)
    assert parse_body(data, BIND) == Message(**IDS)


def test_unknown_members_are_ignored() -> None:
    body = encoded(self=1, args=[], instance_id={}, app_guid="a")
    assert parse_body(body, PROVISION) == Message(**IDS)


def test_the_application_may_stand_in_either_place() -> None:
    """OSB-BIND-15."""
    inside = parse_body(encoded(bind_resource={"app_guid": "a", "self": 1}), BIND)
    assert inside == parse_body(encoded(app_guid="a"), BIND) == Message(**IDS, app_guid="a")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"1",
        b"null",
        b"\xff\xfe\xfa",
        b'{"parameters": NaN}',
        b'{"parameters": {"a": Infinity}}',
        b'{"context": {"a": 1e999}}',
        b'{"a":' * 100_000,
        b'{"context":' + b'{"a":' * 60 + b"1" + b"}" * 61,
        b'{"context": {"a": ' + b"9" * 5000 + b"}}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse_body(data, PROVISION)


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"service_id": None}, "service_id"),
        ({"service_id": ""}, "service_id"),
        ({"plan_id": 7}, "plan_id"),
        ({"plan_id": ["p"]}, "plan_id"),
        ({"organization_guid": {}}, "organization_guid"),
        ({"organization_guid": "x" * 256}, "organization_guid"),
        ({"space_guid": "a\x00b"}, "space_guid"),
        ({"space_guid": "\ud800"}, "space_guid"),
        ({"parameters": []}, "parameters"),
        ({"parameters": "{}"}, "parameters"),
        ({"context": 1}, "context"),
        ({"context": {"clusterid": ["x"]}}, "context.clusterid"),
        ({"context": {"organization_guid": 1}}, "context.organization_guid"),
    ],
)
def test_a_wrong_type_names_its_member(members: dict[str, object], path: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_body(encoded(**members), PROVISION)
    assert [violation.path for violation in caught.value.violations] == [path]


def test_an_update_needs_no_plan_and_tolerates_previous_values() -> None:
    data = json.dumps({"service_id": "s", "previous_values": {"maintenance_info": None}}).encode()
    assert parse_body(data, UPDATE) == Message(service_id="s")
    with pytest.raises(InvalidRequest, match="previous_values"):
        parse_body(b'{"service_id": "s", "previous_values": []}', UPDATE)


def test_a_predecessor_selects_the_form_of_a_successor() -> None:
    """OSB-ROT-02: service and plan are optional there only."""
    variant = (PREDECESSOR, SUCCESSOR_FORM)
    found = parse_body(b'{"predecessor_binding_id": "b"}', BIND, variant)
    assert found == Message(predecessor_binding_id="b")
    with pytest.raises(InvalidRequest, match="service_id"):
        parse_body(b'{"predecessor_binding_id": ""}', BIND, variant)


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/json", True),
        ("application/problem+json", True),
        ("text/json", False),
        ("application/x-www-form-urlencoded", False),
        ("", False),
    ],
)
def test_media_types_of_json(media_type: str, expected: bool) -> None:  # noqa: FBT001
    assert is_json(media_type) is expected


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    text = ""
    try:
        parse_body(data, PROVISION)
    except InvalidRequest as error:
        text = str(error)
    assert text.isprintable()
