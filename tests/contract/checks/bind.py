"""Bind."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING

from tests.contract.checks.provision import (
    NO_OBJECTS,
    NO_TEXTS,
    UNKNOWN_PARAMETERS,
    missing_null_and_empty,
)
from tests.contract.expectations import NotApplicable
from tests.contract.presence import expect_never_created
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.response import JsonObject
    from tests.contract.subject import Subject

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
_PERMITTED = {
    "syslog_drain_url": "syslog_drain",
    "route_service_url": "route_forwarding",
    "volume_mounts": "volume_mount",
}


@check("OSB-BIND-01", "OSB-BIND-11", "OSB-BIND-13", "CF-RULE-11")
def a_binding_is_created(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.draft_binding(subject.an_instance())
    created = subject.create(binding)
    expect("OSB-BIND-01").created(created)
    found = created if created.status != 202 else subject.fetch(binding)
    got = type(found.credentials).__name__
    expect("OSB-BIND-01").that("a credentials object", isinstance(found.credentials, dict), got)
    requires = subject.offer.service.get("requires") or []
    undeclared = [name for name in _PERMITTED if name in found.members]
    undeclared = [name for name in undeclared if _PERMITTED[name] not in requires]
    expected = "no member that the service does not declare"
    expect("OSB-BIND-11", "CF-RULE-11").that(expected, not undeclared, undeclared)
    endpoints = found.members.get("endpoints", [])
    complete = isinstance(endpoints, list) and all(
        isinstance(each, dict)
        and isinstance(each.get("host"), str)
        and isinstance(each.get("ports"), list)
        and each.get("protocol", "tcp") in {"tcp", "udp", "all"}
        for each in endpoints
    )
    expect("OSB-BIND-13").that("endpoints with host and ports, or none", complete)


@check("OSB-BIND-02", "OSB-CONC-08", "OSB-AMB-03", "OSB-AMB-04", "CF-RULE-05")
def the_identical_request_finds_the_binding(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    for case in ("second time", "third time"):
        repeated = subject.create(binding)
        expect().status(repeated, 200, case=case)
        same = repeated.document == binding.creation.document
        expect().that("the same body with the same credentials", same, "another", case=case)
    renamed = {**binding.body, "context": {"platform": "cloudfoundry", "space_name": "renamed"}}
    expect("OSB-BIND-02").status(subject.create(binding, renamed), 200, case="other names")


@check("OSB-BIND-03", "OSB-AMB-05")
def the_same_id_with_other_attributes_is_a_conflict(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    application = {"app_guid": "an-application", "bind_resource": {"app_guid": "an-application"}}
    response = subject.create(binding, {**binding.body, **application})
    expect("OSB-AMB-05").refused(response, 409, case="another application")
    if binding.other_parameters is None:
        expect("OSB-BIND-03").not_applicable("only one valid document of parameters is known")
        return
    changed = {**binding.body, "parameters": binding.other_parameters}
    expect().refused(subject.create(binding, changed), 409, case="other parameters")
    expect().status(subject.create(binding), 200, case="unchanged")


@check("OSB-BIND-05", "OSB-BIND-16")
def service_and_plan_must_be_the_instance_s(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.draft_binding(subject.an_instance())
    for name in ("service_id", "plan_id"):
        body = {key: value for key, value in binding.body.items() if key != name}
        ways = {**missing_null_and_empty(name), "unknown": {name: "unknown"}}
        for case, members in ways.items():
            response = subject.create(binding, {**body, **members})
            expect("OSB-BIND-05").refused(response, 400, naming=name, case=case)
    if subject.offer.other_plan is not None:
        other = {**binding.body, "plan_id": subject.offer.other_plan["id"]}
        response = subject.create(binding, other)
        expect("OSB-BIND-05").refused(response, 400, case="a plan that is not the instance's")
    expect_never_created(expect("OSB-BIND-16"), subject, binding)


@check("OSB-BIND-06", "OSB-BIND-16")
def wrong_types_are_refused(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.draft_binding(subject.an_instance())
    texts, objects = ("service_id", "plan_id"), ("parameters", "context", "bind_resource")
    inside = {"app_guid": 1}
    for name, value in (
        *product(texts, NO_TEXTS),
        *product(objects, NO_OBJECTS),
        *(("app_guid", value) for value in (1, ["x"], {"x": 1})),
        ("bind_resource", inside),
    ):
        response = subject.create(binding, {**binding.body, name: value})
        expect("OSB-BIND-06").refused(response, 400, case=f"{name} is {value!r}")
    expect_never_created(expect("OSB-BIND-16"), subject, binding)


@check("OSB-BIND-07", "OSB-BIND-16", "OSB-AMB-11")
def invalid_parameters_are_explained(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    schema = subject.offer.schema("service_binding", "create")
    if schema.get("additionalProperties") is not False:
        raise NotApplicable("the schema does not close the parameters")
    binding = subject.draft_binding(subject.an_instance())
    response = subject.create(binding, {**binding.body, "parameters": UNKNOWN_PARAMETERS})
    expect("OSB-BIND-07", "OSB-AMB-11").explained(response, 400, naming="can-not")
    expect_never_created(expect("OSB-BIND-16"), subject, binding)


@check("OSB-BIND-08")
def a_key_needs_no_application(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.an_instance()
    key = subject.draft_binding(instance)
    response = subject.create(key)
    if response.status == 422:
        expect().error(response, 422, "RequiresApp")
        return
    expect().created(response, case="empty bind_resource")
    bare = subject.draft_binding(instance)
    body = {name: value for name, value in bare.body.items() if name != "bind_resource"}
    expect().created(subject.create(bare, body), case="no bind_resource")


@check("OSB-BIND-10", "OSB-BIND-16", "OSB-AMB-08")
def an_unknown_instance_cannot_be_bound(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.draft_binding(subject.draft_instance())
    response = subject.create(binding)
    # 410 and 422 would be clear as well, but Cloud Controller starts orphan mitigation.
    expect("OSB-BIND-10").refused(response, 400, 404)
    expect("OSB-AMB-08").refused(response, 404)
    expect_never_created(expect("OSB-BIND-16"), subject, binding)


@check("OSB-BIND-12", "OSB-AMB-13")
def ends_of_validity_are_told_exactly(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    metadata = subject.a_binding().creation.members.get("metadata") or {}
    times = {name: metadata[name] for name in ("renew_before", "expires_at") if name in metadata}
    if not times:
        raise NotApplicable("the binding has no expiry")
    for name, value in times.items():
        exact = isinstance(value, str) and _TIME.fullmatch(value) is not None
        expect().that("UTC with a fraction of a second", exact, value, case=name)
    ordered = list(times.values()) == sorted(times.values())
    expect("OSB-BIND-12").that("renew_before not after expires_at", ordered, times)


@check("OSB-BIND-14")
def each_binding_has_credentials_of_its_own(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    first = subject.a_binding()
    second = subject.a_binding(first.instance)
    if first.creation.credentials == second.creation.credentials:
        raise NotApplicable("the bindings of this instance share their credentials")
    expect().that("different credentials", holds=True)


@check("OSB-BIND-15")
def the_application_may_be_named_in_either_place(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    resource: JsonObject = {"space_guid": "space", "app_annotations": {}, "unknown": []}
    inside = {"bind_resource": {"app_guid": "application", "route": None, **resource}}
    for members in ({**inside, "app_guid": "application"}, inside, {"app_guid": "application"}):
        binding = subject.draft_binding(instance)
        created = subject.create(binding, {**binding.body, **members})
        expect().created(created, case=f"in {' and '.join(members)}")
        repeated = subject.create(binding, {**binding.body, "app_guid": "application", **inside})
        expect().status(repeated, 200, case="repeated with both")


@check("OSB-BIND-17")
def a_plan_that_is_not_bindable_refuses(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    if subject.offer.has("bindable"):
        raise NotApplicable("the plan is bindable")
    binding = subject.draft_binding(subject.an_instance())
    expect().refused(subject.create(binding), 400, 422)
