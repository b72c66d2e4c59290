"""Headers of requests and responses."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

from tests.contract.broker import ORIGINATING_IDENTITY, REQUEST_IDENTITY, VERSION, NoResponse
from tests.contract.registry import check
from tests.contract.wire import WireRequest

if TYPE_CHECKING:
    from tests.contract.broker import Broker, HeaderValue
    from tests.contract.expectations import Expectations
    from tests.contract.subject import Subject

_JSON = "application/json"
_IDENTITY = "4a3f0a34-51d4-4f0c-9b1e-8f0d0e3cf2a1"


def identity(platform: str, value: object) -> str:
    """Return an originating identity header."""
    return f"{platform} {base64.b64encode(json.dumps(value).encode()).decode()}"


MALFORMED_IDENTITIES = {
    "one token": "cloudfoundry",
    "empty": "",
    "no Base64": "cloudfoundry !!!",
    "not UTF-8": f"cloudfoundry {base64.b64encode(bytes([0xFF, 0xFE])).decode()}",
    "no JSON": f"cloudfoundry {base64.b64encode(b'{').decode()}",
    "a JSON array": identity("cloudfoundry", []),
    "a JSON string": identity("cloudfoundry", "user"),
    "JSON null": identity("cloudfoundry", None),
    "not a number": f"cloudfoundry {base64.b64encode(b'NaN').decode()}",
    "nested absurdly": f"cloudfoundry {base64.b64encode(b'[' * 4500).decode()}",
    "three tokens": f"{identity('cloudfoundry', {})} more",
}


@check("OSB-HDR-01", "CF-HTTP-01")
def supported_versions_are_accepted(broker: Broker, _: Subject, expect: Expectations) -> None:
    for version in ("2.13", "2.14", "2.15", "2.17"):
        response = broker.send("GET", "/catalog", headers={VERSION: version})
        expect().status(response, 200, case=f"version {version}")
    for version in ("2.16", "2.18", "2.99"):
        response = broker.send("GET", "/catalog", headers={VERSION: version})
        expect("OSB-HDR-01").status(response, 200, case=f"version {version}")


@check("OSB-HDR-02", "OSB-AMB-01")
def a_missing_version_is_refused(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    for name, value in (("no version", None), ("an empty version", "")):
        for method, path, body in (
            ("GET", "/catalog", None),
            ("PUT", instance.path, instance.body),
        ):
            response = broker.send(method, path, body=body, headers={VERSION: value})
            expect("OSB-HDR-02").explained(response, 400, naming=VERSION, case=name)
            expect("OSB-AMB-01").status(response, 400, case=name)


@check("OSB-HDR-03")
def unsupported_versions_are_refused(broker: Broker, _: Subject, expect: Expectations) -> None:
    for version in ("2.12", "2.0", "1.17", "3.0"):
        response = broker.send("GET", "/catalog", headers={VERSION: version})
        expect().explained(response, 412, case=f"version {version}")
        usable = {*re.findall(r"\b2\.\d+", response.description)} - {version}
        expect().that("a usable version in the description", bool(usable), response)


@check("OSB-HDR-04")
def unparsable_versions_are_refused(broker: Broker, _: Subject, expect: Expectations) -> None:
    for version in ("abc", "v2.17", "2.x", "2.17-beta", "two.seventeen", "NaN", "[2,17]"):
        response = broker.send("GET", "/catalog", headers={VERSION: version})
        expect().refused(response, 400, 412, case=f"version {version}")
    garbage = ("2", ".", "2.", "-2.17", "2.17.0", "2,17", "2.1e1", "²·₁₇", "9" * 5000, "2.-1")
    for version in garbage:
        response = broker.send("GET", "/catalog", headers={VERSION: version.encode()})
        expect().no_failure(response, case=f"version {version[:20]}")
    twice = [(VERSION, "2.17"), (VERSION, "2.13")]
    expect().no_failure(broker.send_exactly("GET", "/v2/catalog", headers=twice), case="two")


@check("OSB-HDR-05")
def the_request_identity_comes_back(broker: Broker, subject: Subject, expect: Expectations) -> None:
    sent = {REQUEST_IDENTITY: _IDENTITY}
    unknown = subject.draft_instance()
    wrong = {**unknown.body, "service_id": "unknown"}
    responses = {
        "catalog": broker.send("GET", "/catalog", headers=sent),
        "unknown instance": broker.send("GET", unknown.path, headers=sent),
        "refused creation": broker.send("PUT", unknown.path, body=wrong, headers=sent),
        "deletion": subject.delete(unknown, headers=sent),
        "no credentials": broker.send("GET", "/catalog", headers={**sent, "Authorization": None}),
        "no such path": broker.send("GET", "/nowhere", headers=sent),
        "old version": broker.send("GET", "/catalog", headers={**sent, VERSION: "1.0"}),
    }
    for case, response in responses.items():
        got = response.headers.get(REQUEST_IDENTITY)
        expect().that(f"the header {REQUEST_IDENTITY} as sent", got == _IDENTITY, got, case=case)


@check("OSB-HDR-06")
def an_originating_identity_is_welcome_on_every_call(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for value in (
        identity("cloudfoundry", {"user_id": "683ea748-3092-4ff4-b656-39cacc4d5360"}),
        identity("kubernetes", {"username": "duke", "uid": "c2dd", "groups": [], "extra": {}}),
        identity("another", {}),
    ):
        headers = {ORIGINATING_IDENTITY: value}
        instance = subject.draft_instance()
        expect().status(broker.send("GET", "/catalog", headers=headers), 200)
        expect().created(subject.create(instance, headers=headers))
        binding = subject.draft_binding(instance)
        expect().created(subject.create(binding, headers=headers))
        for resource in (binding, instance):
            path = f"{resource.path}/last_operation"
            without = subject.last_operation(resource)
            response = broker.send("GET", path, query=resource.ids, headers=headers)
            expect().status(response, without.status, case="last operation, as without it")
        expect().done(subject.update(instance, headers=headers))
        expect().done(subject.delete(binding, headers=headers))
        expect().done(subject.delete(instance, headers=headers))


@check("OSB-HDR-07")
def a_malformed_originating_identity_is_refused_or_ignored(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    for case, value in MALFORMED_IDENTITIES.items():
        headers: dict[str, HeaderValue] = {ORIGINATING_IDENTITY: value}
        expect().status(broker.send("GET", "/catalog", headers=headers), 200, 400, case=case)
        response = subject.create(instance, headers=headers)
        expect().status(response, 200, 201, 202, 400, case=case)
        headers["Authorization"] = None
        expect().status(broker.send("GET", "/catalog", headers=headers), 401, case=case)


@check("OSB-HDR-08")
def header_and_context_may_name_different_platforms(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    headers = {ORIGINATING_IDENTITY: identity("kubernetes", {"username": "duke"})}
    expect().no_failure(subject.create(subject.draft_instance(), headers=headers))


@check("OSB-HDR-09")
def paths_and_methods_that_do_not_exist_are_errors_in_json(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    for method, path, statuses in (
        ("GET", "/nowhere", {404}),
        ("GET", f"{instance.path}/nowhere", {404}),
        ("POST", "/catalog", {404, 405}),
        ("POST", instance.path, {404, 405}),
        ("DELETE", "/catalog", {404, 405}),
        ("PATCH", f"{instance.path}/service_bindings/b", {404, 405}),
    ):
        response = broker.send(method, path, body={} if method != "GET" else None)
        expect().refused(response, *statuses)


@check("OSB-HDR-10")
def a_wrong_content_type_is_refused(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "application/xml", ";"):
        response = subject.create(instance, headers={"Content-Type": content_type})
        expect().refused(response, 400, case=f"Content-Type {content_type}")
    missing = subject.create(instance, headers={"Content-Type": None})
    expect().status(missing, 200, 201, 202, 400, case="no Content-Type")
    with_charset = subject.draft_instance()
    response = subject.create(with_charset, headers={"Content-Type": f"{_JSON}; charset=utf-8"})
    expect().created(response, case="Content-Type with charset")


@check("CF-HTTP-02")
def further_headers_make_no_difference(broker: Broker, _: Subject, expect: Expectations) -> None:
    usual: dict[str, HeaderValue] = {
        "X-VCAP-Request-ID": "9c1b6b5e-6a43-4a7c-5a49-9a4e2c8b6a01::11c5",
        "X-B3-TraceId": "7f46165474d11ee5836777d85df2cdab",
        "X-B3-SpanId": "5b22b5b6a1d7b9d5",
        "X-Api-Info-Location": "api.example.org/v2/info",
        "User-Agent": "HTTPClient/1.0 (2.8.3, ruby 3.2.8)",
    }
    expect().status(broker.send("GET", "/catalog", headers=usual), 200)
    strange = {name: "\xff\u2028".encode() for name in usual} | {"Accept": b"text/html"}
    try:
        response = broker.send("GET", "/catalog", headers=strange)
    except NoResponse:
        expect().that("a response", holds=False, got="none", case="strange values")
    else:
        expect().status(response, 200, 400, case="strange values")
    identity_of_request = {REQUEST_IDENTITY: "x" * 4000}
    response = broker.send("GET", "/catalog", headers=identity_of_request)
    expect().status(response, 200, 400, case="a long request identity")


@check("CF-HTTP-04")
def readings_and_deletions_may_have_a_content_type(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    for headers in ({"Content-Type": _JSON}, {}):
        expect().status(broker.send("GET", "/catalog", headers=headers), 200)
    expect().done(subject.delete(binding, headers={"Content-Type": _JSON}))
    expect().done(subject.delete(binding.instance, headers={}))


@check("CF-HTTP-05")
def a_refusal_does_not_cut_off_the_next_caller(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    content = ("Content-Type", "application/json")
    path, stranger = f"/v2{subject.draft_instance().path}", ("Authorization", "Basic eDp5")
    following = WireRequest("GET", "/v2/catalog")
    for case, headers in {
        "no credentials": (content, stranger),
        "old version": (content, (VERSION, "1.0")),
        "unknown path": (content,),
    }.items():
        refused = WireRequest("PUT", f"{path}{'/x' * (len(headers) == 1)}", headers, b"{" * 100_000)
        for _ in range(5):
            try:
                responses = broker.send_in_a_row(refused, following)
            except NoResponse as error:
                expect().that("a response, or Connection: close", holds=False, got=error, case=case)
                break
            announced = responses[0].headers.get("Connection", "").lower() == "close"
            whole = announced or responses[-1].status == 200
            expect().that("200, or Connection: close", whole, responses[-1], case=case)
