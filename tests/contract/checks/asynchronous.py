"""Synchronous and asynchronous responses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.expectations import NotApplicable
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectation, Expectations
    from tests.contract.response import Response
    from tests.contract.subject import Subject

_SYNCHRONOUS = "the broker finishes within the request"


def _needs_to_be_asynchronous(response: Response) -> bool:
    return response.status == 422 and response.members.get("error") == "AsyncRequired"


@check("OSB-ASYNC-01", "OSB-ASYNC-04")
def quick_operations_are_synchronous(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for case, query in {
        "absent": {},
        "false": {"accepts_incomplete": "false"},
        "true": {"accepts_incomplete": "true"},
    }.items():
        instance = subject.draft_instance()
        created = broker.send("PUT", instance.path, query=query, body=instance.body)
        if _needs_to_be_asynchronous(created) or created.status == 202:
            raise NotApplicable("the broker requires asynchronous operations")
        expect("OSB-ASYNC-01").status(created, 201, case=f"accepts_incomplete {case}")
        binding = subject.draft_binding(instance)
        bound = broker.send("PUT", binding.path, query=query, body=binding.body)
        expect().status(bound, 201, case=f"accepts_incomplete {case}")
        updated = broker.send("PATCH", instance.path, query=query, body=instance.ids)
        expect("OSB-ASYNC-01").status(updated, 200, case=f"accepts_incomplete {case}")
        for resource in (binding, instance):
            deleted = broker.send("DELETE", resource.path, query={**query, **resource.ids})
            expect("OSB-ASYNC-01").status(deleted, 200, case=f"accepts_incomplete {case}")


def _expect_async_required(expectation: Expectation, responses: dict[str, Response]) -> None:
    for case, response in responses.items():
        if response.status in {200, 201}:
            expectation.not_applicable(_SYNCHRONOUS)
        else:
            expectation.error(response, 422, "AsyncRequired", case=f"{case}, accepts_incomplete")


@check("OSB-ASYNC-02", "OSB-PROV-10", "OSB-UPD-07")
def what_takes_longer_wants_to_be_asynchronous(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    created, updated = {}, {}
    instance = subject.an_instance()
    for case, query in {"absent": {}, "false": {"accepts_incomplete": "false"}}.items():
        draft = subject.draft_instance()
        created[case] = broker.send("PUT", draft.path, query=query, body=draft.body)
        updated[case] = broker.send("PATCH", instance.path, query=query, body=instance.ids)
    _expect_async_required(expect("OSB-ASYNC-02", "OSB-PROV-10"), created)
    _expect_async_required(expect("OSB-UPD-07"), updated)


@check("OSB-ASYNC-03", "OSB-PROV-03", "OSB-UPD-02", "OSB-BIND-04")
def the_response_is_the_same_during_the_operation(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    query = {"accepts_incomplete": "true"}
    instance = subject.draft_instance()
    ready = subject.an_instance()
    binding = subject.draft_binding(ready)
    update = {**ready.ids, "parameters": ready.other_parameters or ready.parameters}
    for requirement, method, resource, body in (
        ("OSB-PROV-03", "PUT", instance, instance.body),
        ("OSB-BIND-04", "PUT", binding, binding.body),
        ("OSB-UPD-02", "PATCH", ready, update),
    ):
        first = broker.send(method, resource.path, query=query, body=body)
        if first.status != 202:
            expect("OSB-ASYNC-03", requirement).not_applicable(_SYNCHRONOUS)
            continue
        again = broker.send(method, resource.path, query=query, body=body)
        meant = expect("OSB-ASYNC-03", requirement)
        meant.status(again, 200, 202, case="during the operation")
        if again.status == 202:
            same = again.members.get("operation") == first.members.get("operation")
            meant.that("the same operation", same, again.members.get("operation"))
        meant.that("no credentials yet", first.credentials is None, "credentials")
        broker.end_of(resource.path, first, resource.ids)


@check("OSB-ASYNC-05")
def other_values_of_accepts_incomplete_count_as_false(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for value in ("1", "True", "TRUE", "yes", "", "null", "🙂"):
        instance = subject.draft_instance()
        query = {"accepts_incomplete": value}
        response = broker.send("PUT", instance.path, query=query, body=instance.body)
        case = f"accepts_incomplete={value}"
        if response.status == 422:
            expect().error(response, 422, "AsyncRequired", case=case)
        else:
            expect().status(response, 201, 400, case=case)
