"""Binding rotation: a new binding that names its predecessor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.checks.catalog import plans_of
from tests.contract.expectations import NotApplicable
from tests.contract.presence import expect_never_created, expect_present, is_retrievable
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.resources import Binding
    from tests.contract.subject import Subject


def _require_rotation(subject: Subject) -> None:
    if not subject.offer.has("binding_rotatable"):
        raise NotApplicable("the plan does not declare binding_rotatable")


def _successor(subject: Subject, predecessor: Binding) -> Binding:
    """Return a draft that names its predecessor and nothing else."""
    successor = subject.draft_binding(predecessor.instance)
    successor.body = {"predecessor_binding_id": predecessor.id}
    return successor


@check("OSB-ROT-01")
def rotation_is_declared_by_plans(broker: Broker, subject: Subject, expect: Expectations) -> None:
    for plan in plans_of(subject):
        flag = plan.get("binding_rotatable", False)
        expect().that("binding_rotatable a boolean or absent", isinstance(flag, bool), flag)
    if subject.offer.has("binding_rotatable"):
        successor = _successor(subject, subject.a_binding())
        expect().created(subject.create(successor), case="declared")


@check("OSB-ROT-02", "OSB-ROT-04", "OSB-AMB-02")
def a_successor_is_bound_with_and_without_ids(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    _require_rotation(subject)
    predecessor = subject.a_binding()
    for case, ids in {
        "without service and plan": {},
        "with service and plan": predecessor.ids,
        "with the service": {"service_id": predecessor.ids["service_id"]},
    }.items():
        successor = _successor(subject, predecessor)
        successor.body |= ids
        created = subject.create(successor)
        expect("OSB-ROT-02", "OSB-AMB-02").created(created, case=case)
        completed = created if created.status != 202 else subject.fetch(successor)
        has_credentials = isinstance(completed.credentials, dict)
        expect("OSB-ROT-04").that("credentials", has_credentials, created, case=case)
        repeated = subject.create(successor)
        expect("OSB-ROT-04").status(repeated, 200, case=f"{case}, again")
        same = repeated.credentials == completed.credentials
        expect("OSB-ROT-04").that("the same credentials", same, "others", case=case)
    wrong = _successor(subject, predecessor)
    wrong.body |= {"plan_id": "unknown"}
    expect("OSB-ROT-02").refused(subject.create(wrong), 400, case="with an unknown plan")


@check("OSB-ROT-03")
def the_predecessor_must_be_a_binding_of_the_instance(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    _require_rotation(subject)
    binding, elsewhere = subject.a_binding(), subject.a_binding()
    deleted = subject.a_binding(binding.instance)
    expect().done(subject.delete(deleted))
    itself = subject.draft_binding(binding.instance)
    for case, predecessor, identifier in (
        ("unknown", "unknown", ""),
        ("of another instance", elsewhere.id, ""),
        ("deleted", deleted.id, ""),
        ("the new binding itself", itself.id, itself.id),
    ):
        successor = subject.draft_binding(binding.instance, identifier=identifier)
        for ids in ({}, binding.ids):
            response = subject.create(successor, {**ids, "predecessor_binding_id": predecessor})
            expect().refused(response, 400, 404, 422, case=f"a predecessor {case}")
        expect_never_created(expect(), subject, successor)
    for value in (1, True, ["x"], {"id": "x"}):
        successor = subject.draft_binding(binding.instance)
        body = {**binding.ids, "predecessor_binding_id": value}
        expect().refused(subject.create(successor, body), 400, case=f"{value!r} as predecessor")


@check("OSB-ROT-04")
def predecessor_and_successor_live_independently(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    _require_rotation(subject)
    first = subject.a_binding()
    second, third = _successor(subject, first), _successor(subject, first)
    second.response = subject.create(second)
    expect().created(second.creation)
    expect_present(expect(), subject, first)
    repeated = subject.create(first)
    expect().status(repeated, 200, case="the predecessor again")
    same = repeated.credentials == first.creation.credentials
    expect().that("the predecessor's credentials as before", same, "others")
    expect().done(subject.delete(first))
    if is_retrievable(subject, second):
        expect().status(subject.fetch(second), 200, case="after the predecessor's end")
    expect().status(subject.create(second), 200, case="again after the predecessor's end")
    expect().refused(subject.create(third), 400, 404, 422, case="a second successor, too late")


@check("OSB-ROT-05")
def parameters_are_inherited(broker: Broker, subject: Subject, expect: Expectations) -> None:
    _require_rotation(subject)
    draft = subject.draft_binding(subject.an_instance())
    parameters = draft.other_parameters or draft.body.get("parameters")
    if not parameters or not is_retrievable(subject, draft):
        raise NotApplicable("no parameters are known, or none can be read back")
    draft.body["parameters"] = parameters
    expect().created(subject.create(draft))
    successor = _successor(subject, draft)
    expect().created(subject.create(successor))
    found = subject.fetch(successor).members.get("parameters", parameters)
    expect().that("the predecessor's parameters", found == parameters, "others")


@check("OSB-ROT-06")
def where_rotation_is_not_offered_nothing_breaks(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    if subject.offer.has("binding_rotatable"):
        raise NotApplicable("the plan offers rotation")
    binding = subject.a_binding()
    successor = subject.draft_binding(binding.instance)
    body = {**successor.body, "predecessor_binding_id": binding.id}
    expect().status(subject.create(successor, body), 200, 201, 202, 400, 422)


@check("OSB-AMB-08")
def nothing_rotates_in_an_unknown_instance(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    _require_rotation(subject)
    binding = subject.draft_binding(subject.draft_instance())
    expect().refused(subject.create(_successor(subject, binding)), 404)
