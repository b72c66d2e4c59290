"""Orphan mitigation: platforms delete resources in an unknown state."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tests.contract.checks.provision import UNKNOWN_PARAMETERS
from tests.contract.parallel import at_once
from tests.contract.presence import expect_absent, expect_present
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.resources import Resource
    from tests.contract.response import JsonObject
    from tests.contract.subject import Subject

_ROUNDS = 8


@check("OSB-ORPH-01")
def deleting_the_unknown_is_gone(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    for resource in (instance, subject.draft_binding(instance)):
        gone = subject.delete(resource)
        expect().status(gone, 410)
        expect().that("a JSON object", isinstance(gone.document, dict), gone)


@check("OSB-ORPH-02")
def deletion_works_in_any_order_and_repeatedly(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    instance = binding.instance
    first = subject.delete(instance)
    if first.status == 400:
        expect().done(subject.delete(binding), case="unbind after a refused deprovision")
        first = subject.delete(instance)
    expect().done(first)
    for resource in (binding, instance, binding, instance):
        expect().status(subject.delete(resource), 410, case="after the end")


@check("OSB-ORPH-02")
def what_was_refused_can_be_deleted(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    broker.send("PUT", instance.path, body={**instance.body, "plan_id": "unknown"})
    expect().status(subject.delete(instance), 410, case="after a refused provision")
    binding = subject.draft_binding(subject.an_instance())
    broker.send("PUT", binding.path, body={**binding.body, "plan_id": "unknown"})
    expect().status(subject.delete(binding), 410, case="after a refused bind")


@check("OSB-ORPH-03")
def a_refused_creation_leaves_nothing(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    parameters = {**instance.parameters, **UNKNOWN_PARAMETERS}
    invalid: list[JsonObject] = [{"plan_id": "unknown"}, {"context": "text"}]
    if subject.offer.refuses_unknown_parameters:
        invalid.append({"parameters": parameters})
    for members in invalid:
        if subject.create(instance, {**instance.body, **members}).done:
            subject.delete(instance)
    expect().created(subject.create(instance), case="the same id and parameters, valid")
    binding = subject.draft_binding(instance)
    if subject.create(binding, {**binding.body, "bind_resource": "text"}).done:
        subject.delete(binding)
    expect().created(subject.create(binding), case="the same binding id, valid")


@check("OSB-ORPH-05")
def a_deletion_that_overtakes_a_creation_wins_or_comes_too_early(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    for round_ in range(_ROUNDS):
        resource: Resource = subject.draft_binding(instance)
        if round_ % 2:
            resource = subject.draft_instance()
        calls = [partial(subject.create, resource), partial(subject.delete, resource)]
        creation, deletion = at_once(calls)
        expect().status(creation, 200, 201, 202, 409, 410, 422)
        expect().status(deletion, 200, 202, 410, 422)
        if deletion.done:
            expect_absent(expect(), subject, resource)
        elif creation.created:
            expect_present(expect(), subject, resource)
