"""Fetching instances and bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.checks.rules import wrong_types
from tests.contract.expectations import NotApplicable
from tests.contract.presence import is_retrievable
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.resources import Resource
    from tests.contract.subject import Subject


def _require_retrievable(subject: Subject, resource: Resource) -> None:
    if not is_retrievable(subject, resource):
        raise NotApplicable("the catalog does not declare it retrievable")


@check("OSB-CAT-09")
def retrievable_means_at_once(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.a_binding()
    retrievable = [each for each in (binding.instance, binding) if is_retrievable(subject, each)]
    if not retrievable:
        raise NotApplicable("the catalog declares nothing retrievable")
    for resource in retrievable:
        expect().status(subject.fetch(resource), 200)


@check("OSB-GETI-01", "OSB-GETI-04", "OSB-GETI-05")
def an_instance_can_be_read_back(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.an_instance()
    _require_retrievable(subject, instance)
    fetched = subject.fetch(instance)
    expect("OSB-GETI-01").status(fetched, 200)
    wrong = wrong_types(fetched)
    expect("OSB-GETI-01").that("members of the right types", not wrong, wrong)
    url = fetched.members.get("dashboard_url", "")
    expect("OSB-GETI-01").that("dashboard_url a string or absent", isinstance(url, str), url)
    version = fetched.members.get("maintenance_info", {}).get("version")
    fits = version in {None, subject.offer.maintenance_version}
    expect("OSB-GETI-01").that("the plan's maintenance version or none", fits, version)
    for name, value in instance.ids.items():
        got = fetched.members.get(name, value)
        expect("OSB-GETI-04").that(f"{name} of the instance", got == value, got)
    stored = fetched.members.get("parameters", instance.parameters)
    expect("OSB-GETI-05").that("the stored parameters or none", stored == instance.parameters)


@check("OSB-GETI-04")
def after_a_change_of_plan_the_new_plan_is_told(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    _require_retrievable(subject, instance)
    if subject.offer.other_plan is None or not subject.offer.has("plan_updateable"):
        expect().done(subject.update(instance), case="the plan cannot change")
        got = subject.fetch(instance).members.get("plan_id", instance.ids["plan_id"])
        expect().that("the same plan", got == instance.ids["plan_id"], got)
        return
    other = subject.offer.other_plan["id"]
    if not subject.update(instance, {"plan_id": other}).done:
        raise NotApplicable("this change of plan is not supported")
    got = subject.fetch(instance).members.get("plan_id", other)
    expect().that("the new plan", got == other, got)


@check("OSB-GETI-02")
def an_unknown_or_deleted_instance_is_not_found(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    _require_retrievable(subject, instance)
    expect().refused(subject.fetch(instance), 404, case="never created")
    subject.create(instance)
    expect().status(subject.fetch(instance), 200)
    subject.delete(instance)
    expect().refused(subject.fetch(instance), 404, case="deleted")


@check("OSB-GETI-06")
def hints_may_be_right_or_wrong(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.a_binding()
    retrievable = [each for each in (binding.instance, binding) if is_retrievable(subject, each)]
    if not retrievable:
        raise NotApplicable("the catalog declares nothing retrievable")
    for resource in retrievable:
        right = broker.send("GET", resource.path, query=resource.ids)
        expect().status(right, 200, case="right hints")
        wrong = {"service_id": "unknown", "plan_id": "", "more": "x"}
        response = broker.send("GET", resource.path, query=wrong)
        expect().status(response, 200, 400, 404, case="wrong hints")


@check("OSB-GETB-01", "OSB-GETB-03", "OSB-GETB-04", "OSB-AMB-04")
def a_binding_can_be_read_back(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.a_binding()
    _require_retrievable(subject, binding)
    credentials = binding.creation.credentials
    expect("OSB-GETB-03").that("credentials at least once", isinstance(credentials, dict))
    fetched = subject.fetch(binding)
    expect("OSB-GETB-01").status(fetched, 200)
    wrong = wrong_types(fetched)
    expect("OSB-GETB-01").that("members of the right types", not wrong, wrong)
    complete = "credentials" in fetched.members
    expect("OSB-GETB-04").that("credentials in a retrievable binding", complete, fetched)
    again = fetched.members.get("credentials", credentials)
    same = again == credentials
    expected = "the credentials of the bind response"
    expect("OSB-GETB-03", "OSB-GETB-04", "OSB-AMB-04").that(expected, same, "others")


@check("OSB-GETB-02")
def an_unknown_or_deleted_binding_is_not_found(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.draft_binding(subject.an_instance())
    _require_retrievable(subject, binding)
    expect().refused(subject.fetch(binding), 404, case="never created")
    subject.create(binding)
    expect().status(subject.fetch(binding), 200)
    subject.delete(binding)
    expect().refused(subject.fetch(binding), 404, case="deleted")
    nowhere = subject.draft_binding(subject.draft_instance())
    expect().refused(subject.fetch(nowhere), 404, case="of an unknown instance")
