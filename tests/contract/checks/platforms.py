"""Requests as Cloud Controller, Korifi and the Kubernetes service catalog send them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.contract.broker import ORIGINATING_IDENTITY, REQUEST_IDENTITY, VERSION
from tests.contract.checks.headers import identity
from tests.contract.presence import expect_present, is_retrievable
from tests.contract.registry import check
from tests.contract.subject import ASYNCHRONOUS

if TYPE_CHECKING:
    from tests.contract.broker import Broker, HeaderValue
    from tests.contract.expectations import Expectations
    from tests.contract.resources import Instance
    from tests.contract.response import JsonObject
    from tests.contract.subject import Subject


def _cloud_controller() -> dict[str, HeaderValue]:
    return {
        VERSION: "2.15",
        ORIGINATING_IDENTITY: identity("cloudfoundry", {"user_id": str(uuid4())}),
        REQUEST_IDENTITY: str(uuid4()),
        "X-VCAP-Request-ID": f"{uuid4()}::{uuid4()}",
        "X-Api-Info-Location": "api.example.org/v2/info",
    }


def _version(subject: Subject) -> JsonObject:
    info = subject.offer.plan.get("maintenance_info")
    return {"maintenance_info": info} if info else {}


def _context(instance: Instance) -> JsonObject:
    return {
        **instance.body["context"],
        "organization_annotations": {},
        "space_annotations": {},
    }


@check("CF-SEND-01")
def cloud_controller_provisions(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    context = {**_context(instance), "instance_annotations": {}}
    body = {**instance.body, "context": context, **_version(subject)}
    expect().created(subject.create(instance, body, headers=_cloud_controller()))


@check("CF-SEND-02")
def cloud_controller_updates(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.an_instance()
    previous = {
        **instance.ids,
        "organization_id": instance.body["organization_guid"],
        "space_id": instance.body["space_guid"],
        "maintenance_info": None,
    }
    changed: list[dict[str, Any]] = [
        {"parameters": {}},
        {"parameters": {}, "context": {**_context(instance), "instance_name": "renamed"}},
    ]
    if instance.other_parameters is not None:
        changed.append({"parameters": instance.other_parameters})
    version = subject.offer.maintenance_version
    if version is not None:
        changed.append({"parameters": {}, "maintenance_info": {"version": version}})
    for members in changed:
        sent = {"context": _context(instance), "previous_values": previous, **members}
        response = subject.update(instance, sent, headers=_cloud_controller())
        expect().done(response, case=f"{', '.join(members)} changed")


@check("CF-SEND-03")
def cloud_controller_binds_an_application(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance, application = subject.an_instance(), str(uuid4())
    binding = subject.draft_binding(
        instance,
        app_guid=application,
        bind_resource={
            "app_guid": application,
            "space_guid": str(uuid4()),
            "app_annotations": {"example.com/team": "blue"},
        },
        context=_context(instance),
    )
    expect().created(subject.create(binding, headers=_cloud_controller()))


@check("CF-SEND-04")
def cloud_controller_creates_a_service_key(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    for resource in ({}, {"credential_client_id": "cc_service_key_client"}):
        binding = subject.draft_binding(instance, bind_resource=resource)
        response = subject.create(binding, headers=_cloud_controller())
        if response.members.get("error") == "RequiresApp":
            expect().not_applicable("the service needs an application")
        else:
            expect().created(response)


@check("CF-SEND-05")
def cloud_controller_polls_and_fetches(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    for resource in (binding.instance, binding):
        if is_retrievable(subject, resource):
            fetched = broker.send("GET", resource.path, headers=_cloud_controller())
            expect().status(fetched, 200, case="no query at all")
        path = f"{resource.path}/last_operation"
        polled = broker.send("GET", path, query=resource.ids, headers=_cloud_controller())
        # A synchronous broker is never polled.
        expect().status(polled, 200, 404, 501, case="poll")


@check("CF-SEND-06")
def cloud_controller_deletes_and_cleans_up(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    key = subject.a_binding(binding.instance)
    expect().done(subject.delete(binding, headers=_cloud_controller()))
    mitigation = {**_cloud_controller(), ORIGINATING_IDENTITY: None}
    deleted = broker.send("DELETE", key.path, query=key.ids, headers=mitigation)
    expect().status(deleted, 200, 422, case="a key, without accepts_incomplete")
    if deleted.status == 422:
        expect().done(subject.delete(key, headers=mitigation))
    expect().status(subject.delete(key, headers=mitigation), 410, case="a key, once more")
    expect().done(subject.delete(binding.instance, headers=mitigation))
    expect().status(subject.delete(binding.instance, headers=mitigation), 410, case="once more")


@check("CF-SEND-07", "OSB-BODY-05", "OSB-CTX-02")
def korifi_manages_a_service(broker: Broker, subject: Subject, expect: Expectations) -> None:
    korifi: dict[str, HeaderValue] = {VERSION: "2.17", "Content-Type": "application/json"}
    instance = subject.draft_instance()
    members = {name: value for name, value in instance.body.items() if name != "context"}
    body = {**members, "parameters": instance.parameters or None}
    expect().created(subject.create(instance, body, headers=korifi))
    expect().status(subject.create(instance, body, headers=korifi), 200, 202, case="sent again")
    binding = subject.draft_binding(instance)
    key = {
        **{name: value for name, value in binding.body.items() if name != "context"},
        "parameters": binding.body.get("parameters"),
        "app_guid": "",
        "bind_resource": {"app_guid": ""},
    }
    first = subject.create(binding, key, headers=korifi)
    expect().created(first)
    again = subject.create(binding, key, headers=korifi)
    expect().status(again, 200, 201, case="sent again")
    has_credentials = isinstance(again.credentials, dict)
    expect().that("credentials each time", has_credentials, again, case="sent again")
    if is_retrievable(subject, binding):
        fetched = broker.send("GET", binding.path, query=binding.ids, headers=korifi)
        expect().status(fetched, 200)
    for resource in (binding, instance):
        expect().done(subject.delete(resource, headers=korifi))
        expect().status(subject.delete(resource, headers=korifi), 410, case="deleted again")


@check("CF-SEND-08", "OSB-PROV-06")
def the_service_catalog_of_kubernetes_manages_a_service(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    user = {"username": "system:serviceaccount:a:b", "uid": "u", "groups": ["g"], "extra": {}}
    headers: dict[str, HeaderValue] = {
        VERSION: "2.13",
        ORIGINATING_IDENTITY: identity("kubernetes", user),
    }
    cluster, namespace = str(uuid4()), str(uuid4())
    context = {"platform": "kubernetes", "clusterid": cluster, "namespace": "team-a"}
    instance = subject.draft_instance(
        organization_guid=cluster,
        space_guid=namespace,
        context={**context, "instance_name": "checked"},
    )
    expect().created(subject.create(instance, headers=headers))
    binding = subject.draft_binding(instance, context=context, app_guid=namespace)
    expect().created(subject.create(binding, query=ASYNCHRONOUS, headers=headers))
    expect().done(subject.delete(binding, headers=headers))
    expect().done(subject.delete(instance, headers=headers))


@check("CF-SEND-09")
def bindings_of_one_application_live_side_by_side(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance, application = subject.an_instance(), str(uuid4())
    members = {"app_guid": application, "bind_resource": {"app_guid": application}}
    older, newer = (subject.a_binding(instance, **members) for _ in range(2))
    expect_present(expect(), subject, older)
    expect().done(subject.delete(older), case="the older")
    expect_present(expect(), subject, newer)
    same = subject.create(newer).credentials == newer.creation.credentials
    expect().that("the newer's credentials as before", same, "others")
