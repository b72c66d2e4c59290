"""The catalog as a document."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.contract.expectations import NotApplicable
from tests.contract.offer import objects
from tests.contract.registry import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectation, Expectations
    from tests.contract.response import JsonObject
    from tests.contract.subject import Subject

_FRIENDLY = re.compile(r"(?=.*[A-Za-z0-9])[A-Za-z0-9.\-]+")
_SEMANTIC = re.compile(
    r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"(-(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(\.(0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?"
    r"(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
)
_PERMISSIONS = {"syslog_drain", "route_forwarding", "volume_mount"}
_SERVICE_FLAGS = (
    *("plan_updateable", "instances_retrievable", "bindings_retrievable"),
    *("allow_context_updates", "bindable"),
)
_PLAN_FLAGS = ("free", "bindable", "plan_updateable", "binding_rotatable")


def services_of(subject: Subject) -> list[JsonObject]:
    """The services of the catalog."""
    return list(objects(subject.offer.catalog.get("services")))


def plans_of(subject: Subject) -> list[JsonObject]:
    """The plans of all services of the catalog."""
    return [plan for service in services_of(subject) for plan in objects(service.get("plans"))]


def everything_in(subject: Subject) -> Iterator[tuple[str, JsonObject]]:
    """Every service and plan with a text that identifies it."""
    for service in services_of(subject):
        yield f"service {service.get('name')}", service
        for plan in objects(service.get("plans")):
            yield f"plan {plan.get('name')}", plan


def _expect_unique(expectation: Expectation, what: str, values: list[Any]) -> None:
    repeated = sorted({str(value) for value in values if values.count(value) > 1})
    expectation.that(f"every {what} once", not repeated, ", ".join(repeated))


def _expect_type(
    expectation: Expectation, where: str, entry: JsonObject, name: str, kind: type
) -> None:
    found = entry.get(name)
    holds = name not in entry or isinstance(found, kind)
    got = f"a {type(found).__name__}"
    expectation.that(f"{name} of type {kind.__name__} or absent", holds, got, case=where)


@check("OSB-CAT-01", "CF-CAT-01")
def the_catalog_lists_services(broker: Broker, subject: Subject, expect: Expectations) -> None:
    response = broker.send("GET", "/catalog")
    expect().status(response, 200)
    services = response.members.get("services")
    expect("OSB-CAT-01").that("a list of services", isinstance(services, list), response)
    with_plans = [each for each in objects(services) if list(objects(each.get("plans")))]
    complete = bool(with_plans) and len(with_plans) == len(list(objects(services)))
    expect("CF-CAT-01").that("one service or more, each with a plan", complete)


@check("OSB-CAT-02", "OSB-CAT-04", "CF-CAT-02")
def services_and_plans_are_complete(broker: Broker, subject: Subject, expect: Expectations) -> None:
    for where, entry in everything_in(subject):
        requirement = "OSB-CAT-02" if where.startswith("service") else "OSB-CAT-04"
        for name in ("id", "name", "description"):
            value = entry.get(name)
            is_text = isinstance(value, str) and value.strip() != ""
            expect(requirement, "CF-CAT-02").that(f"a non-empty {name}", is_text, case=where)
        length = len(str(entry.get("description")))
        expect("CF-CAT-02").that("at most 10,000 characters", length <= 10_000, length, case=where)
    for service in services_of(subject):
        bindable, plans = service.get("bindable"), service.get("plans")
        expect("OSB-CAT-02").that("bindable a boolean", isinstance(bindable, bool), bindable)
        expect("OSB-CAT-02").that("a list of plans", isinstance(plans, list) and plans != [])


@check("OSB-CAT-03", "CF-RULE-12")
def names_and_ids_are_unique(broker: Broker, subject: Subject, expect: Expectations) -> None:
    services, plans = services_of(subject), plans_of(subject)
    unique = expect("OSB-CAT-03")
    _expect_unique(unique, "service name", [service.get("name") for service in services])
    _expect_unique(unique, "id", [entry.get("id") for entry in services + plans])
    for service in services:
        names = [plan.get("name") for plan in objects(service.get("plans"))]
        _expect_unique(unique, f"plan name of {service.get('name')}", names)
    _expect_unique(expect("CF-RULE-12"), "plan id", [plan.get("id") for plan in plans])


@check("OSB-CAT-05", "OSB-CAT-06")
def names_are_easy_and_texts_moderate(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for where, entry in everything_in(subject):
        name = str(entry.get("name"))
        friendly = _FRIENDLY.fullmatch(name) is not None
        expect("OSB-CAT-05").that("letters, digits, dots and hyphens", friendly, name, case=where)
        for member in ("id", "name", "description"):
            length = len(str(entry.get(member)))
            fits = f"{member} of at most 255 characters"
            expect("OSB-CAT-06").that(fits, length <= 255, length, case=where)


@check("OSB-CAT-07", "CF-CAT-03", "CF-CAT-06")
def optional_members_have_their_types(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for where, entry in everything_in(subject):
        flags = _SERVICE_FLAGS if where.startswith("service") else _PLAN_FLAGS
        for name in flags:
            _expect_type(expect("OSB-CAT-07", "CF-CAT-03"), where, entry, name, bool)
        _expect_type(expect("OSB-CAT-07", "CF-CAT-06"), where, entry, "metadata", dict)
        metadata = entry.get("metadata")
        if isinstance(metadata, dict):
            _expect_type(expect("CF-CAT-06"), where, metadata, "shareable", bool)
            _expect_type(expect("CF-CAT-06"), where, metadata, "documentationUrl", str)
    for service in services_of(subject):
        expect("CF-CAT-03").that("bindable", "bindable" in service)


@check("OSB-CAT-07", "CF-CAT-04", "CF-CAT-05")
def tags_and_permissions_are_known_words(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for service in services_of(subject):
        tags, requires = service.get("tags", []), service.get("requires", [])
        are_texts = isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
        expect("OSB-CAT-07", "CF-CAT-04").that("tags a list of strings", are_texts, tags)
        length = len("".join(map(str, tags or [])))
        expect("CF-CAT-04").that("tags of at most 2,048 characters", length <= 2048, length)
        known = isinstance(requires, list) and set(map(str, requires)) <= _PERMISSIONS
        expected = f"requires from {', '.join(sorted(_PERMISSIONS))}"
        expect("OSB-CAT-07", "CF-CAT-05").that(expected, known, requires)


@check("OSB-CAT-08", "CF-RULE-07", "CF-RULE-08")
def what_platforms_disagree_about_is_written_out(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for where, entry in everything_in(subject):
        is_service = where.startswith("service")
        for name in ("bindable", "plan_updateable") if is_service else ("free",):
            _expect_type(expect("OSB-CAT-08"), where, entry, name, bool)
            expect("CF-RULE-08").that(f"{name} written out", name in entry, "nothing", case=where)
        for name in ("instances_retrievable", "bindings_retrievable") if is_service else ():
            found = entry.get(name)
            expect("CF-RULE-07").that(f"{name} true", found is True, found, case=where)


@check("OSB-CAT-11", "CF-CAT-07")
def maintenance_information_is_semantic(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    found = [plan for plan in plans_of(subject) if "maintenance_info" in plan]
    if not found:
        raise NotApplicable("no plan has maintenance_info")
    for plan in found:
        where, info = f"plan {plan.get('name')}", plan["maintenance_info"]
        version = info.get("version") if isinstance(info, dict) else None
        semantic = isinstance(version, str) and _SEMANTIC.fullmatch(version) is not None
        expect("OSB-CAT-11").that("a semantic version", semantic, version, case=where)
        keys = set(info) if isinstance(info, dict) else set()
        expect("CF-CAT-07").that("no further keys", keys <= {"version", "description"}, keys)
        length = len(json.dumps(info))
        expect("CF-CAT-07").that("at most 2,000 characters", length <= 2000, length, case=where)


@check("OSB-CAT-12")
def polling_durations_are_seconds(broker: Broker, subject: Subject, expect: Expectations) -> None:
    durations = [plan.get("maximum_polling_duration", 1) for plan in plans_of(subject)]
    for duration in durations:
        is_number = isinstance(duration, int) and not isinstance(duration, bool) and duration > 0
        expect().that("a number of seconds or nothing", is_number, duration)


@check("OSB-CAT-16")
def whoever_has_the_catalog_gets_304(broker: Broker, _: Subject, expect: Expectations) -> None:
    first = broker.send("GET", "/catalog")
    tag = first.headers.get("ETag")
    if tag is None:
        raise NotApplicable("the catalog has no ETag")
    again = broker.send("GET", "/catalog", headers={"If-None-Match": tag})
    expect().status(again, 304, case="If-None-Match with the ETag")
    expect().that("an empty body", again.content == b"", f"{len(again.content)} bytes")
    other = broker.send("GET", "/catalog", headers={"If-None-Match": '"another"'})
    expect().status(other, 200, case="If-None-Match with another ETag")


@check("OSB-CAT-17")
def two_readings_are_equal(broker: Broker, subject: Subject, expect: Expectations) -> None:
    readings = [broker.send("GET", "/catalog") for _ in range(4)]
    same = all(reading.document == subject.offer.catalog for reading in readings)
    expect().that("the same catalog each time", same, "another")


@check("OSB-CAT-18", "OSB-CAT-19")
def conventional_members_have_their_types(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    texts = ("displayName", "imageUrl", "longDescription", "providerDisplayName", "supportUrl")
    for where, entry in everything_in(subject):
        metadata = entry.get("metadata") or {}
        for name in texts:
            _expect_type(expect("OSB-CAT-18"), where, metadata, name, str)
        for name in ("bullets", "costs"):
            _expect_type(expect("OSB-CAT-18"), where, metadata, name, list)
    clients = [
        each["dashboard_client"] for each in services_of(subject) if "dashboard_client" in each
    ]
    if not clients:
        expect("OSB-CAT-19").not_applicable("there is no dashboard client")
    for client in clients:
        complete = bool(client.get("id")) and bool(client.get("secret"))
        expect("OSB-CAT-19").that("id and secret", complete)
