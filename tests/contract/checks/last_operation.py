"""The last operation of instances and bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.expectations import NotApplicable
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectation, Expectations
    from tests.contract.resources import Resource
    from tests.contract.response import Response
    from tests.contract.subject import Subject

_STATES = ("in progress", "succeeded", "failed")


def _told(subject: Subject, resource: Resource) -> Response:
    """Poll the last operation; a synchronous broker need not implement the call."""
    response = subject.last_operation(resource)
    if response.status in {400, 404, 501} and subject.create(resource).status == 200:
        raise NotApplicable("the broker has no last operation of synchronous calls")
    return response


def _expect_state(expectation: Expectation, response: Response) -> None:
    expectation.status(response, 200)
    state = response.members.get("state")
    expectation.that(f"a state of {', '.join(_STATES)}", state in _STATES, state)
    explained = response.members.get("description", "…")
    is_text = isinstance(explained, str) and explained != ""
    expectation.that("a non-empty description or none", is_text, explained)
    delay = response.headers.get("Retry-After", "1")
    expectation.that("Retry-After in seconds or none", delay.isdigit(), delay)


@check("OSB-LOPI-01", "OSB-LOPI-05")
def an_existing_instance_has_succeeded(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    response = _told(subject, instance)
    _expect_state(expect("OSB-LOPI-01"), response)
    state = response.members.get("state")
    expect("OSB-LOPI-05").that("succeeded", state == "succeeded", state)
    subject.update(instance)
    state = subject.last_operation(instance).members.get("state")
    expect("OSB-LOPI-05").that("succeeded", state == "succeeded", state, case="after an update")


@check("OSB-LOPI-02", "OSB-LOPI-03")
def unknown_and_deleted_instances_are_told_apart(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    expect("OSB-LOPI-02").refused(subject.last_operation(instance), 404, case="never created")
    subject.create(instance)
    deleted = subject.delete(instance)
    response = subject.last_operation(instance)
    if deleted.status == 202:
        expect("OSB-LOPI-03").status(response, 404, 410, case="deleted asynchronously")
    else:
        expect("OSB-LOPI-03").refused(response, 404, case="deleted synchronously")


@check("OSB-LOPI-04", "OSB-LOPI-06")
def unknown_operations_and_old_plans_are_tolerated(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    _told(subject, instance)
    path = f"{instance.path}/last_operation"
    for operation in ("unknown", "", "x" * 1000, "\0", "🙂"):
        query = {**instance.ids, "operation": operation}
        response = broker.send("GET", path, query=query)
        expect("OSB-LOPI-04").status(response, 200, 400, case=f"operation {operation[:10]!a}")
    expect("OSB-LOPI-04").status(broker.send("GET", path), 200, case="no query")
    other = subject.offer.other_plan
    if other is None:
        expect("OSB-LOPI-06").not_applicable("the service has one plan")
    else:
        query = {**instance.ids, "plan_id": other["id"]}
        expect("OSB-LOPI-06").status(broker.send("GET", path, query=query), 200)


@check("OSB-LOPB-01")
def an_existing_binding_has_succeeded(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    response = _told(subject, subject.a_binding())
    _expect_state(expect(), response)
    state = response.members.get("state")
    expect().that("succeeded", state == "succeeded", state)


@check("OSB-LOPB-02")
def an_unknown_binding_has_no_last_operation(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    _told(subject, binding)
    for case, resource in {
        "never created": subject.draft_binding(binding.instance),
        "of an unknown instance": subject.draft_binding(subject.draft_instance()),
    }.items():
        expect().refused(subject.last_operation(resource), 404, case=case)
    deleted = subject.delete(binding)
    statuses = (404, 410) if deleted.status == 202 else (404,)
    expect().refused(subject.last_operation(binding), *statuses, case="deleted")
