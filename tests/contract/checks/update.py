"""Update."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tests.contract.checks.provision import (
    NO_OBJECTS,
    NO_TEXTS,
    OTHER_VERSION,
    UNKNOWN_PARAMETERS,
)
from tests.contract.expectations import NotApplicable
from tests.contract.presence import expect_present, is_retrievable
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectation, Expectations
    from tests.contract.resources import Instance
    from tests.contract.response import JsonObject, Response
    from tests.contract.subject import Subject


def _changed_parameters(instance: Instance) -> JsonObject:
    if instance.other_parameters is None:
        raise NotApplicable("only one valid document of parameters is known")
    return instance.other_parameters


def _expect_parameters(
    expectation: Expectation, subject: Subject, instance: Instance, expected: JsonObject
) -> None:
    if is_retrievable(subject, instance):
        found = subject.fetch(instance).members.get("parameters", expected)
        expectation.that("the updated parameters", found == expected, "others")


def _expect_plan(expectation: Expectation, subject: Subject, instance: Instance) -> None:
    if is_retrievable(subject, instance):
        plan = instance.ids["plan_id"]
        found = subject.fetch(instance).members.get("plan_id", plan)
        expectation.that("the plan as before", found == plan, found)


@check("OSB-UPD-01", "OSB-UPD-13")
def a_change_happens_and_may_be_repeated(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    changed = _changed_parameters(instance)
    for case in ("first time", "again"):
        expect().done(subject.update(instance, {"parameters": changed}), case=case)
        _expect_parameters(expect("OSB-UPD-01"), subject, instance, changed)
    expect().done(subject.update(instance, {"parameters": instance.parameters}), case="back")
    _expect_parameters(expect("OSB-UPD-01"), subject, instance, instance.parameters)


@check("OSB-UPD-01", "OSB-UPD-13", "OSB-AMB-16")
def an_update_of_nothing_succeeds(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.an_instance()
    ways: tuple[JsonObject, ...] = ({}, {"parameters": {}}, {"previous_values": instance.ids})
    for members in ways:
        response = subject.update(instance, members)
        expect("OSB-UPD-01", "OSB-UPD-13").done(response)
        known = {"dashboard_url", "metadata", "operation", "description"}
        unknown = set(response.members) - known
        expect("OSB-AMB-16").that("an empty object, or known members", not unknown, unknown)


@check("OSB-UPD-03")
def mandatory_members_and_types_are_checked(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    for value in (None, "", "unknown", *NO_TEXTS):
        response = subject.update(instance, {"service_id": value})
        expect().refused(response, 400, naming="service_id", case=f"service_id is {value!r}")
    body = {"plan_id": instance.ids["plan_id"], "parameters": {}}
    response = broker.send("PATCH", instance.path, body=body)
    expect().refused(response, 400, naming="service_id", case="service_id missing")
    objects = ("parameters", "context", "previous_values", "maintenance_info")
    for name, value in (
        ("plan_id", "unknown"),
        *product(("plan_id",), NO_TEXTS),
        *product(objects, NO_OBJECTS),
    ):
        response = subject.update(instance, {name: value})
        expect().refused(response, 400, naming=name, case=f"{name} is {value!r}")


@check("OSB-UPD-04")
def without_a_plan_the_plan_stays(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.an_instance()
    body: JsonObject = {"service_id": instance.ids["service_id"]}
    if instance.other_parameters is not None:
        body["parameters"] = instance.other_parameters
    expect().done(broker.send("PATCH", instance.path, body=body))
    _expect_plan(expect(), subject, instance)


@check("OSB-UPD-05", "CF-RULE-02")
def without_parameters_the_parameters_stay(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    binding = subject.a_binding(instance)
    ways: dict[str, JsonObject] = {
        "absent": {},
        "empty": {"parameters": {}},
        "null": {"parameters": None},
    }
    for case, members in ways.items():
        expect().done(subject.update(instance, members), case=f"parameters {case}")
        _expect_parameters(expect(), subject, instance, instance.parameters)
    same = subject.create(binding).credentials == binding.creation.credentials
    expect("CF-RULE-02").that("the credentials as before", same, "others")


@check("OSB-UPD-06", "OSB-UPD-12", "OSB-AMB-10")
def an_unsupported_change_of_plan_is_unprocessable(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    other = subject.offer.other_plan
    if other is None or subject.offer.has("plan_updateable"):
        raise NotApplicable("no unsupported change of plan exists")
    instance = subject.an_instance()
    changes: JsonObject = {"plan_id": other["id"]}
    for case, members in {
        "plan": changes,
        "plan and parameters": {**changes, "parameters": instance.other_parameters or {}},
    }.items():
        refused = subject.update(instance, members)
        expect("OSB-UPD-06", "OSB-AMB-10").refused(refused, 422, case=case)
        repeatable = refused.members.get("update_repeatable")
        expected = "update_repeatable false"
        expect("OSB-AMB-10").that(expected, repeatable is False, repeatable, case=case)
    _expect_plan(expect("OSB-UPD-12"), subject, instance)
    _expect_parameters(expect("OSB-UPD-12"), subject, instance, instance.parameters)
    expect_present(expect("OSB-UPD-06"), subject, instance)


@check("OSB-UPD-06", "OSB-UPD-12", "OSB-AMB-11")
def invalid_parameters_are_refused_and_not_applied(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    if not subject.offer.refuses_unknown_parameters:
        raise NotApplicable("the schema does not close the parameters")
    instance = subject.an_instance()
    parameters = {**(instance.other_parameters or instance.parameters), **UNKNOWN_PARAMETERS}
    refused = subject.update(instance, {"parameters": parameters})
    expect("OSB-UPD-06", "OSB-AMB-11").refused(
        refused, 400, naming="can-not" if instance.parameters else ""
    )
    _expect_parameters(expect("OSB-UPD-12"), subject, instance, instance.parameters)


@check("OSB-UPD-08", "OSB-UPD-12")
def another_maintenance_version_is_a_conflict(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    version = subject.offer.maintenance_version
    if version is None:
        raise NotApplicable("the plan has no maintenance_info")
    instance = subject.an_instance()
    members: dict[str, Any] = {"maintenance_info": OTHER_VERSION}
    if instance.other_parameters is not None:
        members["parameters"] = instance.other_parameters
    responses: dict[str, Response] = {
        "with plan_id": subject.update(instance, members),
        "without plan_id": broker.send(
            "PATCH", instance.path, body={"service_id": instance.ids["service_id"], **members}
        ),
    }
    for case, response in responses.items():
        expect("OSB-UPD-08").error(response, 422, "MaintenanceInfoConflict", case=case)
    _expect_parameters(expect("OSB-UPD-12"), subject, instance, instance.parameters)
    right = subject.update(instance, {"maintenance_info": {"version": version}})
    expect("OSB-UPD-08").done(right, case="the right version")


@check("OSB-UPD-10", "OSB-AMB-08")
def an_unknown_instance_cannot_be_updated(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    response = subject.update(instance, {"parameters": instance.parameters})
    expect("OSB-UPD-10").refused(response, 400, 404, 410, 422)
    expect("OSB-AMB-08").refused(response, 404)


@check("OSB-UPD-11", "OSB-CAT-10")
def the_context_alone_may_be_updated(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    if not subject.offer.has("allow_context_updates"):
        raise NotApplicable("allow_context_updates is not set")
    instance = subject.an_instance()
    context = {**instance.body["context"], "instance_name": "renamed"}
    body = {"service_id": instance.ids["service_id"], "context": context}
    expect().done(broker.send("PATCH", instance.path, body=body), case="context alone")
    expect().done(subject.update(instance, {"context": context}), case="with service and plan")
    _expect_parameters(expect(), subject, instance, instance.parameters)


@check("OSB-UPD-14")
def previous_values_are_not_believed(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    lies = {
        "plan_id": "another",
        "service_id": "another",
        "organization_id": "another",
        "space_id": "another",
        "maintenance_info": {"version": "9.9.9"},
    }
    expect().done(subject.update(instance, {"parameters": {}, "previous_values": lies}))
    _expect_plan(expect(), subject, instance)
    expect().status(subject.create(instance), 200, case="creation again")
