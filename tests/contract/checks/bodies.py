"""Request bodies: malformed, too large, or unusual but valid."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.presence import expect_never_created
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.resources import Instance
    from tests.contract.response import Response
    from tests.contract.subject import Subject

DEPTH = 100_000
HUGE = 12_000_000

NO_OBJECTS = {
    "empty": b"",
    "blank": b" \n",
    "half an object": b"{",
    "an array": b"[]",
    "a string": b'"text"',
    "a number": b"1",
    "null": b"null",
    "a form": b"service_id=1&plan_id=2",
    "invalid UTF-8": b'{"service_id": "\xff\xfe"}',
    "two objects": b"{} {}",
    "a trailing comma": b'{"a": 1,}',
    "no object at all": b"NaN",
}
NOT_QUITE_NUMBERS = ("NaN", "Infinity", "-Infinity", "1e", "01", ".5", "0x10", "+1")
CURIOUS_BODIES = {
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "a number beyond all limits": b'{"context": {"a": 1e999}}',
    "a number of 5,000 digits": b'{"context": {"a": ' + b"9" * 5000 + b"}}",
    "a member given twice": b'{"service_id": "a", "service_id": "b"}',
    "20,000 members": json.dumps({f"m{n}": n for n in range(20_000)}).encode(),
}
STRANGE_TEXTS = {
    "NUL": "a\0b",
    "a lone surrogate": "\ud800",
    "a reversed pair": "\udc00\ud800",
    "emoji": "👩‍🔧",
    "right-to-left": "\u202e\u05e9\u05dc\u05d5\u05dd",
    "control characters": "\x01\x1b[31m\x7f\r\n",
    "a byte order mark": "\ufeff",
    "10,000 characters": "ü" * 10_000,
}


def _refusals(broker: Broker, instance: Instance, body: bytes | dict[str, Any]) -> list[Response]:
    """Send the body with every call that has a body."""
    binding_path = f"{instance.path}/service_bindings/b"
    calls = (("PUT", instance.path), ("PATCH", instance.path), ("PUT", binding_path))
    return [broker.send(method, path, body=body) for method, path in calls]


@check("OSB-BODY-01")
def what_is_no_json_object_is_refused(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    for case, body in NO_OBJECTS.items():
        for response in _refusals(broker, instance, body):
            expect().refused(response, 400, case=case)
    valid = json.dumps({**instance.body, "x": "NUMBER"})
    for number in NOT_QUITE_NUMBERS:
        body = valid.replace('"NUMBER"', number).encode()
        expect().refused(broker.send("PUT", instance.path, body=body), 400, case=number)
    expect_never_created(expect(), subject, instance)


@check("OSB-BODY-01", "OSB-ERR-10")
def curious_bodies_do_not_make_the_broker_fail(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    for case, body in CURIOUS_BODIES.items():
        for response in _refusals(broker, instance, body):
            expect().no_failure(response, case=case)


@check("OSB-BODY-02", "OSB-PROV-13")
def unknown_members_are_ignored(broker: Broker, subject: Subject, expect: Expectations) -> None:
    names = ("self", "args", "kwargs", "instance_id", "binding_id", "details", "__class__", "", "é")
    unknown = {name: {"unknown": [None, 1, "x"]} for name in names}
    instance = subject.draft_instance()
    expect().created(subject.create(instance, {**instance.body, **unknown}), case="provision")
    known = {"plan_id": instance.ids["plan_id"]}
    updated = subject.update(instance, {**unknown, "previous_values": {**known, **unknown}})
    expect("OSB-BODY-02").done(updated, case="update")
    binding = subject.draft_binding(instance)
    ways: dict[str, dict[str, Any]] = {
        "bind": unknown,
        "bind, in bind_resource": {"bind_resource": unknown},
        "bind, in the context": {"context": {**binding.body["context"], **unknown}},
    }
    for case, members in ways.items():
        binding = subject.draft_binding(instance)
        created = subject.create(binding, {**binding.body, **members})
        expect("OSB-BODY-02").created(created, case=case)
    query = {"self": "x", "unknown": "y", **binding.ids}
    expect("OSB-BODY-02").done(subject.delete(binding, query), case="unbind")


@check("OSB-BODY-03")
def mandatory_strings_are_not_empty(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    context = {"platform": "cloudfoundry"}
    for name in ("service_id", "plan_id", "organization_guid", "space_guid"):
        response = subject.create(instance, {**instance.body, "context": context, name: ""})
        expect().refused(response, 400, naming=name)
    binding = subject.draft_binding(subject.an_instance())
    for name in ("service_id", "plan_id"):
        response = subject.create(binding, {**binding.body, name: ""})
        expect().refused(response, 400, naming=name)
    expect().refused(subject.update(binding.instance, {"service_id": ""}), 400, naming="service_id")


@check("OSB-BODY-04")
def deep_bodies_are_refused(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    for case, body in {
        "objects": b'{"a":' * DEPTH + b"1" + b"}" * DEPTH,
        "arrays": b"[" * DEPTH + b"]" * DEPTH,
        "not even closed": b'{"a":[' * DEPTH,
    }.items():
        for response in _refusals(broker, instance, body):
            expect().refused(response, 400, 413, case=f"100,000 levels of {case}")
    parameters = json.dumps(instance.body)[:-1].encode()
    nested = parameters + b', "unknown": ' + b"[" * DEPTH + b"]" * DEPTH + b"}"
    response = broker.send("PUT", instance.path, body=nested)
    expect().refused(response, 400, 413, case="100,000 levels in an unknown member")


@check("OSB-BODY-04")
def huge_bodies_are_refused_quickly(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    path, content = f"/v2{instance.path}", ("Content-Type", "application/json")
    valid = json.dumps(instance.body).encode()
    whole = valid + b" " * (HUGE - len(valid))
    chunks = b"".join(b"10000\r\n%b\r\n" % whole[n : n + 65536] for n in range(0, HUGE, 65536))
    chunked = ("Transfer-Encoding", "chunked")
    for case, response in {
        "12 MB": broker.send_exactly("PUT", path, headers=[content], body=whole),
        "12 MB announced, nothing sent": broker.send_exactly(
            "PUT", path, headers=[content, ("Content-Length", str(HUGE))]
        ),
        "12 MB in chunks": broker.send_exactly(
            "PUT", path, headers=[content, chunked], body=chunks + b"0\r\n\r\n"
        ),
    }.items():
        expect().refused(response, 400, 411, 413, case=case)
        quick = response.seconds < 10
        expect().that("a response within 10 s", quick, f"{response.seconds:.1f} s", case=case)


@check("OSB-BODY-05", "CF-RULE-03")
def null_and_empty_optional_members_count_as_absent(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    nulls: dict[str, Any] = {"context": None, "maintenance_info": None}
    without = {**instance.body, **nulls, "parameters": instance.parameters or None}
    expect().created(subject.create(instance, without), case="provision with nulls")
    binding = subject.draft_binding(instance)
    empty: dict[str, Any] = {
        "parameters": binding.body.get("parameters"),
        "context": None,
        "app_guid": "",
        "bind_resource": {"app_guid": ""},
        "predecessor_binding_id": None,
    }
    expect().created(subject.create(binding, {**binding.body, **empty}), case="bind with empty ids")
    nothing: dict[str, Any] = {
        "bind_resource": None,
        "app_guid": None,
        "predecessor_binding_id": "",
    }
    other = subject.draft_binding(instance)
    expect().created(subject.create(other, {**other.body, **nothing}), case="bind with nulls")


@check("OSB-BODY-05", "CF-RULE-03")
def null_and_empty_members_of_an_update_count_as_absent(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    changes: dict[str, Any] = {
        "parameters": None,
        "context": None,
        "previous_values": {"plan_id": instance.ids["plan_id"], "maintenance_info": None},
        "maintenance_info": None,
    }
    expect().done(subject.update(instance, changes), case="update with nulls")
    no_values = subject.update(instance, {"parameters": {}, "previous_values": None, "context": {}})
    expect().done(no_values, case="update with empty members")


@check("OSB-BODY-06")
def strange_texts_are_stored_or_refused(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    ready = subject.an_instance()
    for case, text in STRANGE_TEXTS.items():
        instance = subject.draft_instance()
        named = {**instance.body["context"], "instance_name": text, text: text}
        for changes in (
            {"context": named},
            {
                "context": {"platform": "cloudfoundry"},
                "organization_guid": text,
                "space_guid": text,
            },
            {"parameters": {**instance.parameters, "description": text}},
            {"parameters": {**instance.parameters, text: text}},
            {"service_id": text},
            {"maintenance_info": {"version": text}},
        ):
            response = subject.create(instance, {**instance.body, **changes})
            expect().status(response, 200, 201, 202, 400, 409, 422, case=f"{case} in {[*changes]}")
        expect().no_failure(subject.update(ready, {"context": named}), case=case)
        query = {"service_id": text[:100].encode(errors="replace").decode(), "plan_id": "\0"}
        expect().status(subject.delete(ready, query), 400, case=case)


@check("OSB-BODY-06")
def strange_texts_in_a_binding_are_stored_or_refused(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    for case, text in STRANGE_TEXTS.items():
        binding = subject.draft_binding(instance)
        for changes in (
            {"bind_resource": {"app_guid": text}, "app_guid": text},
            {"parameters": {text: text}},
            {"predecessor_binding_id": text},
        ):
            response = subject.create(binding, {**binding.body, **changes})
            expect().status(
                response, 200, 201, 202, 400, 404, 409, 422, case=f"{case} in {[*changes]}"
            )
