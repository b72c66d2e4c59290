"""The checks detect violations: distorted responses make them fail."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.contract.broker import Broker
from tests.contract.offer import Offer
from tests.contract.registry import CHECKS, RULES, load
from tests.contract.runner import run_check
from tests.contract.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.contract.response import JsonObject, Response
    from tests.support.server import Server

    Distortion = Callable[[Response], Response]

load()


@dataclass
class DistortedBroker(Broker):
    """A broker whose responses are changed before they are checked."""

    distort: Distortion = lambda response: response

    def keep(self, response: Response) -> Response:
        """Keep the changed response."""
        return super().keep(self.distort(response))


def status(before: int, after: int, *calls: str) -> Distortion:
    """Replace a status, of some calls or of all."""
    return lambda response: (
        replace(response, status=after)
        if response.status == before and (not calls or response.call in calls)
        else response
    )


def body(change: Callable[[JsonObject], object], *calls: str, errors: bool = False) -> Distortion:
    """Change the members of the body, of successes or of errors."""

    def distort(response: Response) -> Response:
        fits = (response.status >= 400) == errors and (not calls or response.call in calls)
        if not fits or not isinstance(response.document, dict):
            return response
        members = json.loads(response.content)
        change(members)
        return replace(response, content=json.dumps(members).encode())

    return distort


def content(text: str, *statuses: int) -> Distortion:
    """Replace the whole body of responses with these statuses."""
    return lambda response: (
        replace(response, content=text.encode()) if response.status in statuses else response
    )


def without_header(name: str) -> Distortion:
    """Remove a header."""
    return lambda response: replace(
        response,
        headers={key: value for key, value in response.headers.items() if key.lower() != name},
    )


def catalog(change: Callable[[JsonObject, JsonObject], object]) -> Distortion:
    """Change the first service and its first plan."""

    def change_first(members: JsonObject) -> None:
        service = members["services"][0]
        change(service, service["plans"][0])

    return body(change_first, "catalog")


def schema(**members: Any) -> Distortion:
    """Change the schema of the first plan's instance parameters."""
    return catalog(
        lambda _, plan: plan["schemas"]["service_instance"]["create"]["parameters"].update(members)
    )


def renewed(members: JsonObject) -> None:
    """Give a binding an expiry time without fractional seconds."""
    members["metadata"] = {"expires_at": "2030-01-01T00:00:00Z"}


DISTORTIONS: list[tuple[str, Distortion]] = [
    ("OSB-HDR-01", status(200, 412, "catalog")),
    ("OSB-HDR-02", status(400, 200)),
    ("OSB-AMB-01", status(400, 412)),
    ("OSB-HDR-03", status(412, 200)),
    ("OSB-HDR-04", status(400, 500)),
    ("OSB-HDR-05", without_header("x-broker-api-request-identity")),
    ("OSB-HDR-07", status(400, 500)),
    ("OSB-HDR-09", content("<h1>Not Found</h1>", 404)),
    ("OSB-HDR-09", without_header("content-type")),
    ("OSB-HDR-10", status(400, 201)),
    ("OSB-AUTH-01", status(401, 200)),
    ("OSB-AUTH-02", status(401, 403)),
    ("OSB-AUTH-03", without_header("www-authenticate")),
    ("OSB-AUTH-04", status(401, 500)),
    ("OSB-AUTH-05", status(401, 400)),
    ("OSB-URL-01", status(201, 400)),
    ("OSB-URL-02", status(400, 500)),
    ("OSB-URL-04", status(410, 200)),
    ("OSB-ERR-01", status(200, 207, "fetch_instance")),
    ("OSB-ERR-02", content('["wrong"]', 400)),
    ("OSB-ERR-02", body(lambda it: it.update(error="two words"), errors=True)),
    ("OSB-ERR-03", body(lambda it: it.pop("description"), errors=True)),
    ("OSB-ERR-03", body(lambda it: it.update(description="x" * 9000), errors=True)),
    ("OSB-ERR-04", status(422, 400)),
    ("OSB-ERR-05", body(lambda it: it.update(instance_usable=True), "provision", errors=True)),
    ("OSB-ERR-06", body(lambda it: it.update(update_repeatable="no"), "update", errors=True)),
    ("OSB-ERR-07", body(lambda it: it.update(parameters={"a": uuid4().hex}), "fetch_instance")),
    ("OSB-ERR-09", body(lambda it: it.update(description="KeyError: 'x'"), errors=True)),
    ("OSB-ERR-10", status(404, 500)),
    ("OSB-ERR-11", status(400, 422)),
    ("OSB-BODY-01", status(400, 201)),
    ("OSB-BODY-02", status(201, 400)),
    ("OSB-BODY-04", status(400, 500)),
    ("OSB-BODY-05", status(201, 400)),
    ("OSB-BODY-06", status(400, 500)),
    ("OSB-CAT-02", catalog(lambda service, _: service.pop("bindable"))),
    ("OSB-CAT-03", catalog(lambda service, plan: plan.update(id=service["id"]))),
    ("OSB-CAT-04", catalog(lambda _, plan: plan.update(description=""))),
    ("OSB-CAT-05", catalog(lambda _, plan: plan.update(name="two words"))),
    ("OSB-CAT-06", catalog(lambda _, plan: plan.update(description="x" * 256))),
    ("OSB-CAT-07", catalog(lambda service, _: service.update(tags="xsuaa"))),
    ("OSB-CAT-08", catalog(lambda _, plan: plan.update(free="yes"))),
    ("CF-RULE-08", catalog(lambda _, plan: plan.pop("free"))),
    ("OSB-CAT-09", status(200, 404, "fetch_binding")),
    ("OSB-CAT-10", status(200, 422, "update")),
    ("OSB-CAT-11", catalog(lambda _, plan: plan.update(maintenance_info={"version": "v1"}))),
    ("OSB-CAT-13", schema(properties={"a": {"$ref": "https://example.org/schema"}})),
    ("OSB-CAT-14", schema(**{"$schema": "http://json-schema.org/draft-07/schema#"})),
    ("OSB-CAT-14", schema(properties={"a": {"minimum": 1, "exclusiveMinimum": 0}})),
    ("OSB-CAT-15", schema(required=["another"], properties={"xsappname": {}})),
    ("OSB-CAT-16", status(304, 200)),
    ("OSB-CAT-17", catalog(lambda service, _: service.update(description=uuid4().hex))),
    ("OSB-ASYNC-01", status(201, 200, "provision")),
    ("OSB-ASYNC-06", lambda response: replace(response, seconds=30.0)),
    ("OSB-CONC-03", status(200, 201, "provision")),
    ("OSB-CONC-04", status(409, 200, "provision")),
    ("OSB-CONC-05", status(410, 200)),
    ("OSB-CONC-07", status(201, 422, "bind")),
    ("OSB-ORPH-01", status(410, 404)),
    ("OSB-ORPH-02", status(410, 400)),
    ("OSB-PROV-01", status(201, 200, "provision")),
    ("OSB-PROV-02", status(200, 201, "provision")),
    ("OSB-PROV-04", status(409, 200, "provision")),
    ("OSB-PROV-05", status(400, 500, "provision")),
    ("OSB-PROV-07", status(400, 404, "provision")),
    ("OSB-PROV-11", body(lambda it: it.pop("error", None), errors=True)),
    ("OSB-PROV-14", status(404, 200, "fetch_instance")),
    ("OSB-PROV-15", body(lambda it: it.update(dashboard_url=1), "provision")),
    ("OSB-GETI-01", body(lambda it: it.update(dashboard_url=None), "fetch_instance")),
    ("OSB-GETI-02", status(404, 410, "fetch_instance")),
    ("OSB-GETI-04", body(lambda it: it.update(plan_id="other"), "fetch_instance")),
    ("OSB-UPD-01", status(200, 201, "update")),
    ("OSB-UPD-03", status(400, 422, "update")),
    ("OSB-UPD-06", status(422, 400, "update")),
    ("OSB-UPD-08", status(422, 200, "update")),
    ("OSB-UPD-10", status(404, 500, "update")),
    ("OSB-UPD-12", body(lambda it: it.update(parameters={}), "fetch_instance")),
    ("OSB-LOPI-01", body(lambda it: it.update(state="done"), "last_operation")),
    ("OSB-LOPI-02", status(404, 410, "last_operation")),
    ("OSB-LOPB-02", status(404, 200, "last_binding_operation")),
    ("OSB-BIND-01", body(lambda it: it.update(credentials="secret"), "bind")),
    ("OSB-BIND-02", body(lambda it: it.update(credentials={"a": uuid4().hex}), "bind")),
    ("OSB-BIND-03", status(409, 200, "bind")),
    ("OSB-BIND-05", status(400, 404, "bind")),
    ("OSB-BIND-11", body(lambda it: it.update(syslog_drain_url="syslog://x"), "bind")),
    ("OSB-BIND-12", body(renewed, "bind")),
    ("OSB-BIND-13", body(lambda it: it.update(endpoints=[{"ports": ["1"]}]), "bind")),
    ("OSB-BIND-16", status(404, 200, "fetch_binding")),
    ("OSB-ROT-02", status(201, 400, "bind")),
    ("OSB-ROT-03", status(400, 201, "bind")),
    ("OSB-GETB-01", body(lambda it: it.update(volume_mounts=None), "fetch_binding")),
    ("OSB-GETB-02", status(404, 200, "fetch_binding")),
    ("OSB-GETB-03", body(lambda it: it.update(credentials={}), "fetch_binding")),
    ("OSB-UNB-01", status(200, 204, "unbind")),
    ("OSB-UNB-02", content("null", 410)),
    ("OSB-UNB-04", status(400, 200, "unbind")),
    ("OSB-DEP-01", body(lambda it: it.update(description="gone"), "deprovision")),
    ("OSB-DEP-03", status(400, 410, "deprovision")),
    ("OSB-CTX-02", status(201, 400)),
    ("OSB-AMB-15", body(lambda it: it.update(operation="1"), "bind")),
    ("CF-RULE-01", content("[]", 410)),
    ("CF-HTTP-03", status(200, 302)),
    ("CF-ACCEPT-01", status(200, 201, "catalog")),
    ("CF-ACCEPT-03", status(200, 201, "update")),
    ("CF-ACCEPT-04", status(200, 204, "deprovision")),
    ("CF-ACCEPT-06", body(lambda it: it.update(metadata=[]), "provision")),
    ("CF-ACCEPT-07", body(lambda it: it.update(endpoints=None), "fetch_binding")),
    ("CF-ACCEPT-09", status(409, 410, "provision")),
]


STORIES = (
    "catalog.two_readings_are_equal",
    "deletion.an_instance_is_deleted",
    "errors.refusals_leave_everything_as_it_was",
    "update.an_update_of_nothing_succeeds",
)
"""Checks with enough responses of all kinds for the rules."""


@pytest.fixture
def distorted(server: Server) -> Iterator[DistortedBroker]:
    """The server behind a client that changes its responses."""
    with closing(DistortedBroker(server.url, server.user, server.password)) as opened:
        yield opened


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("requirement", "distortion"),
    DISTORTIONS,
    ids=[f"{number}-{requirement}" for number, (requirement, _) in enumerate(DISTORTIONS)],
)
def test_a_distorted_response_is_detected(
    distorted: DistortedBroker, requirement: str, distortion: Distortion
) -> None:
    subject = Subject.of(distorted)
    distorted.distort = distortion
    catalog_read = distorted.send("GET", "/catalog")
    if catalog_read.status == 200:
        subject.offer = Offer.choose(catalog_read)
    by_rule = any(requirement in rule.requirements for rule in RULES.values())
    checks = [each for each in CHECKS.values() if requirement in each.requirements]
    checks += [CHECKS[name] for name in STORIES if by_rule]
    failed = (
        finding.requirement for check in checks for finding in run_check(check, subject).failures
    )
    assert requirement in failed
