"""Provision."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tests.contract.expectations import NotApplicable
from tests.contract.presence import expect_never_created, expect_stored, is_retrievable
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.response import JsonObject
    from tests.contract.subject import Subject

UNKNOWN_PARAMETERS = {"can-not": "be-good"}
NO_TEXTS: tuple[Any, ...] = (1, True, [], {}, ["x"], {"x": 1})
NO_OBJECTS: tuple[Any, ...] = ("text", 1, True, ["x"])
OTHER_VERSION = {"version": "0.0.0-other"}


def missing_null_and_empty(name: str) -> dict[str, JsonObject]:
    """Bodies without a mandatory member, with null and with an empty value."""
    return {"missing": {}, "null": {name: None}, "empty": {name: ""}}


@check("OSB-PROV-01", "OSB-PROV-15")
def an_instance_is_created(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    created = subject.create(instance)
    expect().created(created)
    url = created.members.get("dashboard_url")
    expect("OSB-PROV-15").that("dashboard_url a string or null", isinstance(url, str | None), url)
    metadata = created.members.get("metadata", {})
    fitting = isinstance(metadata, dict) and all(
        isinstance(metadata.get(name, {}), dict) for name in ("labels", "attributes")
    )
    expect("OSB-PROV-15").that("metadata with objects, or none", fitting)
    expect_stored(expect("OSB-PROV-01"), subject, instance)


@check("OSB-PROV-02", "OSB-CONC-08", "OSB-AMB-03")
def the_identical_request_finds_the_instance(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    created = subject.create(instance)
    expect().created(created)
    turned = {
        **dict(reversed(instance.body.items())),
        **(
            {"parameters": dict(reversed(instance.parameters.items()))}
            if instance.parameters
            else {}
        ),
    }
    for case, body in (("identical", instance.body), ("other order of members", turned)) * 2:
        repeated = subject.create(instance, body)
        expect().status(repeated, 200, case=case)
        same = repeated.document == created.document or created.status == 202
        expect().that("the body of the first response", same, repeated, case=case)


@check("OSB-PROV-02", "OSB-AMB-05")
def no_parameters_null_and_empty_are_the_same(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    plain = {name: value for name, value in instance.body.items() if name != "parameters"}
    if not subject.create(instance, plain).created:
        raise NotApplicable("the plan needs parameters")
    for case, parameters in (("null", None), ("empty", {})):
        repeated = subject.create(instance, {**plain, "parameters": parameters})
        expect().status(repeated, 200, case=case)


@check("OSB-PROV-04", "OSB-AMB-05")
def the_same_id_with_other_attributes_is_a_conflict(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    context = {"platform": "cloudfoundry"}
    changes: dict[str, dict[str, Any]] = {
        "another space": {"space_guid": "another-space", "context": context},
        "another organization": {"organization_guid": "another-organization", "context": context},
    }
    if instance.other_parameters is not None:
        changes["other parameters"] = {"parameters": instance.other_parameters}
    for case, members in changes.items():
        expect().refused(subject.create(instance, {**instance.body, **members}), 409, case=case)
    if subject.offer.other_plan is not None:
        other = {"plan_id": subject.offer.other_plan["id"]}
        # The conflict is checked before the plan's parameters.
        conflict = subject.create(instance, {**instance.body, **other})
        expect().refused(conflict, 409, case="another plan")
        without = {**instance.body, **other, "parameters": None}
        expect().refused(subject.create(instance, without), 409, case="another plan, no parameters")
    expect().status(subject.create(instance), 200, case="unchanged")


@check("OSB-PROV-04", "OSB-AMB-05")
def other_names_in_the_context_are_no_difference(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    names = {
        **dict.fromkeys(("organization_name", "space_name", "instance_name"), "renamed"),
        "organization_annotations": {"example.com/a": "b"},
        "instance_annotations": {},
        "unknown": True,
    }
    renamed = {**instance.body, "context": {**instance.body["context"], **names}}
    expect().status(subject.create(instance, renamed), 200, case="other names")
    without = {name: value for name, value in instance.body.items() if name != "context"}
    expect().status(subject.create(instance, without), 200, case="no context")


@check("OSB-PROV-05", "OSB-PROV-14", "OSB-BODY-01")
def mandatory_members_are_demanded(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    for name in ("service_id", "plan_id", "organization_guid", "space_guid"):
        body = {**instance.body, "context": {"platform": "cloudfoundry"}}
        del body[name]
        for case, members in missing_null_and_empty(name).items():
            response = subject.create(instance, {**body, **members})
            expect("OSB-PROV-05", "OSB-BODY-01").refused(response, 400, naming=name, case=case)
    expect_never_created(expect("OSB-PROV-14"), subject, instance)


@check("OSB-PROV-06")
def kubernetes_may_leave_the_guids_out(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    body = {
        name: value
        for name, value in instance.body.items()
        if name not in {"organization_guid", "space_guid"}
    }
    cluster = {"platform": "kubernetes", "namespace": "conformance", "clusterid": "c-1"}
    kubernetes = {**body, "context": {**cluster, "instance_name": "checked"}}
    expect().created(subject.create(instance, kubernetes), case="Kubernetes without GUIDs")
    expect().status(subject.create(instance, kubernetes), 200, case="again")
    other = subject.draft_instance()
    in_context = {name: value for name, value in other.body.items() if name in body}
    expect().created(subject.create(other, in_context), case="GUIDs in the context only")


@check("OSB-PROV-07", "OSB-PROV-14")
def services_and_plans_must_be_in_the_catalog(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    service, plan = instance.ids["service_id"], instance.ids["plan_id"]
    for case, ids in {
        "unknown service": {"service_id": "unknown"},
        "unknown plan": {"plan_id": "unknown"},
        "name instead of id": {"plan_id": subject.offer.plan["name"] + "-name"},
        "ids exchanged": {"service_id": plan, "plan_id": service},
        "id with a blank": {"plan_id": f"{plan} "},
    }.items():
        response = subject.create(instance, {**instance.body, **ids})
        expect("OSB-PROV-07").refused(response, 400, case=case)
    foreign = [ids for ids in subject.offer.all_ids if ids["service_id"] != service]
    if foreign:
        response = subject.create(instance, {**instance.body, "plan_id": foreign[0]["plan_id"]})
        expect("OSB-PROV-07").refused(response, 400, case="a plan of another service")
    expect_never_created(expect("OSB-PROV-14"), subject, instance)


@check("OSB-PROV-08", "OSB-PROV-14", "OSB-BODY-01")
def wrong_types_are_refused(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    texts = ("service_id", "plan_id", "organization_guid", "space_guid")
    objects = ("parameters", "context", "maintenance_info")
    for name, value in (*product(texts, NO_TEXTS), *product(objects, NO_OBJECTS)):
        body = {**instance.body, "context": {"platform": "cloudfoundry"}, name: value}
        response = subject.create(instance, body)
        case = f"{name} is {value!r}"
        expect("OSB-PROV-08", "OSB-BODY-01").refused(response, 400, naming=name, case=case)
    expect_never_created(expect("OSB-PROV-14"), subject, instance)


@check("OSB-PROV-09", "OSB-AMB-11")
def invalid_parameters_are_explained(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    if not subject.offer.refuses_unknown_parameters:
        raise NotApplicable("the schema does not close the parameters")
    parameters = {**instance.parameters, **UNKNOWN_PARAMETERS}
    response = subject.create(instance, {**instance.body, "parameters": parameters})
    # A plan that takes no parameters at all need not look at their names.
    expect().explained(response, 400, naming="can-not" if instance.parameters else "")
    expect_never_created(expect("OSB-PROV-09"), subject, instance)


@check("OSB-PROV-11", "OSB-PROV-14")
def another_maintenance_version_is_a_conflict(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    version = subject.offer.maintenance_version
    if version is None:
        raise NotApplicable("the plan has no maintenance_info")
    instance = subject.draft_instance()
    response = subject.create(instance, {**instance.body, "maintenance_info": OTHER_VERSION})
    expect("OSB-PROV-11").error(response, 422, "MaintenanceInfoConflict")
    expect_never_created(expect("OSB-PROV-14"), subject, instance)
    for case, info in {
        "right": {"version": version},
        "right with more members": {"version": version, "description": "…", "unknown": 1},
        "null": None,
    }.items():
        accepted = subject.draft_instance()
        response = subject.create(accepted, {**accepted.body, "maintenance_info": info})
        expect("OSB-PROV-11").created(response, case=f"version {case}")


@check("OSB-AMB-07")
def a_version_for_a_plan_without_one_is_a_conflict(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    if subject.offer.maintenance_version is not None:
        raise NotApplicable("the plan has maintenance_info")
    instance = subject.draft_instance()
    response = subject.create(instance, {**instance.body, "maintenance_info": OTHER_VERSION})
    expect().error(response, 422, "MaintenanceInfoConflict")


@check("OSB-AMB-06")
def a_repeated_creation_is_compared_with_the_present_state(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    changed = instance.other_parameters
    if changed is None:
        raise NotApplicable("only one valid document of parameters is known")
    expect().done(subject.update(instance, {"parameters": changed}))
    if is_retrievable(subject, instance):
        present = subject.fetch(instance).members.get("parameters", changed) == changed
        expect().that("the changed parameters", present, case="fetched")
    response = subject.create(instance, {**instance.body, "parameters": changed})
    expect().status(response, 200, case="creation with the changed parameters")
    expect().status(subject.create(instance), 409, case="creation with the original parameters")
