"""Content and effects of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract.checks.provision import OTHER_VERSION
from tests.contract.checks.rules import FIXED_WORDS
from tests.contract.expectations import NotApplicable
from tests.contract.presence import expect_present, is_retrievable
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.response import JsonObject
    from tests.contract.subject import Subject


@check("OSB-ERR-07", "OSB-UPD-12")
def refusals_leave_everything_as_it_was(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    instance = binding.instance
    if not is_retrievable(subject, instance):
        raise NotApplicable("instances are not retrievable: nothing can be compared")
    before = subject.fetch(instance).document
    changed: JsonObject = {"parameters": instance.other_parameters or instance.parameters}
    elsewhere = {"space_guid": "another", "context": {"platform": "cloudfoundry"}}
    wrong_ids = {**instance.ids, "plan_id": "unknown"}
    refusals = {
        "conflict": subject.create(instance, {**instance.body, **elsewhere}),
        "creation with an unknown plan": subject.create(instance, {**instance.body, **wrong_ids}),
        "update with an unknown plan": subject.update(instance, {**changed, "plan_id": "x"}),
        "update with a wrong type": subject.update(instance, {**changed, "context": []}),
        "update with another version": subject.update(
            instance, {**changed, "maintenance_info": OTHER_VERSION}
        ),
        "deletion with an unknown plan": subject.delete(instance, wrong_ids),
        "deletion of the binding with an unknown plan": subject.delete(binding, wrong_ids),
    }
    for case, response in refusals.items():
        refused = 400 <= response.status < 500
        for requirement in ("OSB-ERR-07", *(("OSB-UPD-12",) if "update" in case else ())):
            expect(requirement).that("a 4xx", refused, response, case=case)
    same = subject.fetch(instance).document == before
    expect().that("the unchanged instance", same, "another state")
    expect_present(expect("OSB-ERR-07"), subject, binding)


@check("OSB-ERR-10")
def no_method_on_any_path_makes_the_broker_fail(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    binding = subject.draft_binding(instance)
    for path in (
        "/",
        "/catalog",
        "/catalog/",
        "/service_instances",
        instance.path,
        f"{instance.path}/",
        f"{instance.path}/last_operation",
        binding.path,
        f"{binding.path}/last_operation",
        f"{binding.path}/last_operation/more",
    ):
        for method in ("GET", "PUT", "PATCH", "POST", "DELETE", "OPTIONS"):
            body = {"service_id": 1} if method in {"PUT", "PATCH", "POST"} else None
            expect().no_failure(broker.send(method, path, body=body))


@check("OSB-ERR-04", "OSB-ERR-02")
def fixed_words_have_their_status(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    version = {"maintenance_info": {"version": "0.0.0-other"}}
    response = subject.create(instance, {**instance.body, **version})
    if response.done:
        raise NotApplicable("the broker does not evaluate maintenance_info")
    expect("OSB-ERR-04").status(response, 422)
    word = response.members.get("error")
    expect().that("a fixed error code", word in FIXED_WORDS, word)


@check("OSB-ERR-05", "OSB-ERR-06", "OSB-AMB-10")
def a_final_refusal_says_so(broker: Broker, subject: Subject, expect: Expectations) -> None:
    if subject.offer.other_plan is None or subject.offer.has("plan_updateable"):
        raise NotApplicable("no unsupported change of plan exists")
    instance = subject.an_instance()
    refused = subject.update(instance, {"plan_id": subject.offer.other_plan["id"]})
    usable = refused.members.get("instance_usable", True)
    expect("OSB-ERR-05").that("instance_usable true or absent", usable is True, usable)
    repeatable = refused.members.get("update_repeatable", False)
    expect("OSB-ERR-06").that("update_repeatable not true", repeatable is False, repeatable)
    is_sent = "update_repeatable" in refused.members
    expect("OSB-AMB-10").that("update_repeatable", is_sent, refused)
