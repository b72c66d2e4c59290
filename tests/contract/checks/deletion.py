"""Unbind and deprovision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.presence import expect_absent, expect_present
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectation, Expectations
    from tests.contract.resources import Resource
    from tests.contract.subject import Subject


def _expect_ids_demanded(expectation: Expectation, subject: Subject, resource: Resource) -> None:
    for name in ("service_id", "plan_id"):
        others = {key: value for key, value in resource.ids.items() if key != name}
        for case, ids in {
            "missing": others,
            "empty": {**others, name: ""},
            "unknown": {**others, name: "unknown"},
        }.items():
            response = subject.delete(resource, ids)
            expectation.refused(response, 400, naming=name, case=f"{name} {case}")
    expectation.refused(subject.delete(resource, {}), 400, case="no ids")


def _expect_other_plan_refused(
    expectation: Expectation, subject: Subject, resource: Resource
) -> bool:
    others = [ids for ids in subject.offer.all_ids if ids != resource.ids]
    for ids in others:
        expectation.refused(subject.delete(resource, ids), 400, case="the ids of another plan")
    return bool(others)


@check("OSB-UNB-01")
def a_binding_is_deleted(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.a_binding()
    deleted = subject.delete(binding)
    expect().done(deleted)
    empty = deleted.status == 202 or deleted.document == {}
    expect().that("an empty object", empty, deleted)
    expect_absent(expect(), subject, binding)
    expect_present(expect(), subject, binding.instance)


@check("OSB-UNB-02", "CF-RULE-04")
def an_unknown_binding_is_gone(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.an_instance()
    never = subject.draft_binding(instance)
    nowhere = subject.draft_binding(subject.draft_instance())
    for case, binding in {"never created": never, "of an unknown instance": nowhere}.items():
        gone = subject.delete(binding)
        expect().status(gone, 410, case=case)
        is_object = isinstance(gone.document, dict)
        expect().that("a JSON object", is_object, gone, case=case)


@check("OSB-UNB-03")
def unbinding_demands_service_and_plan(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    _expect_ids_demanded(expect(), subject, binding)
    expect_present(expect(), subject, binding)


@check("OSB-UNB-04")
def unbinding_demands_the_binding_s_plan(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    if not _expect_other_plan_refused(expect(), subject, binding):
        expect().not_applicable("the catalog has one plan")
    expect_present(expect(), subject, binding)


@check("OSB-DEP-01", "OSB-DEP-02", "CF-RULE-04")
def an_instance_is_deleted(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    expect("OSB-DEP-02", "CF-RULE-04").status(subject.delete(instance), 410, case="never created")
    subject.create(instance)
    deleted = subject.delete(instance)
    expect("OSB-DEP-01").done(deleted)
    empty = deleted.status == 202 or deleted.document == {}
    expect("OSB-DEP-01").that("an empty object", empty, deleted)
    expect_absent(expect("OSB-DEP-01"), subject, instance)
    gone = subject.delete(instance)
    expect("OSB-DEP-02", "CF-RULE-04").status(gone, 410, case="deleted before")
    is_object = isinstance(gone.document, dict)
    expect("OSB-DEP-02").that("a JSON object", is_object, gone, case="deleted before")


@check("OSB-DEP-01", "OSB-ORPH-03")
def a_deleted_instance_frees_its_names(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    expect().done(subject.delete(instance))
    same_parameters = subject.draft_instance()
    same_parameters.body["parameters"] = instance.parameters
    created = subject.create(same_parameters)
    expect().created(created, case="the same parameters under another id")


@check("OSB-DEP-03")
def deprovisioning_demands_service_and_plan(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    _expect_ids_demanded(expect(), subject, instance)
    expect_present(expect(), subject, instance)


@check("OSB-DEP-04")
def deprovisioning_demands_the_instance_s_plan(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    if not _expect_other_plan_refused(expect(), subject, instance):
        expect().not_applicable("the catalog has one plan")
    expect_present(expect(), subject, instance)


@check("OSB-DEP-06", "OSB-AMB-09")
def bindings_go_with_their_instance(broker: Broker, subject: Subject, expect: Expectations) -> None:
    bindings = [subject.a_binding()]
    bindings.append(subject.a_binding(bindings[0].instance))
    instance = bindings[0].instance
    deleted = subject.delete(instance)
    if deleted.status == 400:
        expect("OSB-DEP-06").refused(deleted, 400)
        expect("OSB-AMB-09").not_applicable("the broker requires bindings to be deleted first")
        return
    expect().done(deleted)
    resources: list[Resource] = [*bindings, instance]
    for resource in resources:
        expect_absent(expect(), subject, resource)
    if subject.create(instance).created:
        for binding in bindings:
            expect_absent(expect(), subject, binding)
