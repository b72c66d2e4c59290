"""Ids of instances and bindings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4

from tests.contract.presence import expect_absent, expect_present, is_retrievable
from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.subject import Subject

_NORMAL_OR_REFUSED = (200, 201, 202, 400, 404, 405, 410, 414)

ODD_IDS = {
    "a blank": "a b",
    "letters beyond ASCII": "äöü",
    "an emoji": "🙂",
    "right-to-left text": "\u202e\u05e9\u05dc\u05d5\u05dd",
    "a percent sign": "a%25b",
    "a plus": "a+b",
    "a question mark": "a?b",
    "quotes": "'; DROP TABLE instance; --\"",
    "a semicolon": "a;b=c",
    "300 characters": "x" * 300,
    "3,000 characters": "y" * 3000,
}
ODD_PATHS = {
    "NUL": "%00",
    "NUL inside": "a%00b",
    "line feed": "a%0Ab",
    "carriage return and header": "a%0D%0AX-Injected:%20yes",
    "slash": "a%2Fb",
    "two dots": "%2E%2E",
    "one dot": ".",
    "invalid UTF-8": "%FF%FE",
    "encoded surrogate": "%ED%A0%80",
    "overlong encoding": "%C0%AF",
    "stray percent": "a%zzb",
    "nothing": "",
    "only a blank": "%20",
}


@check("OSB-URL-01")
def every_unreserved_character_may_be_in_an_id(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    suffix = uuid4().hex
    for identifier in (f"AZaz09-._~{suffix}", f"azaz09-._~{suffix}", suffix[:8], suffix.upper()):
        instance = subject.draft_instance(identifier=identifier)
        expect().created(subject.create(instance), case=f"instance id {identifier}")
        binding = subject.draft_binding(instance, identifier=identifier)
        expect().created(subject.create(binding), case=f"binding id {identifier}")
        expect_present(expect(), subject, binding)
        expect().done(subject.delete(binding))
        expect().done(subject.delete(instance))


@check("OSB-URL-01")
def ids_that_differ_in_case_are_different(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    suffix = uuid4().hex[:12]
    lower = subject.draft_instance(identifier=f"case-{suffix}")
    upper = subject.draft_instance(identifier=f"CASE-{suffix}")
    expect().created(subject.create(lower))
    expect().created(subject.create(upper))
    expect().done(subject.delete(upper))
    expect_present(expect(), subject, lower)


@check("OSB-URL-02")
def odd_ids_are_served_or_refused(broker: Broker, subject: Subject, expect: Expectations) -> None:
    for case, text in ODD_IDS.items():
        instance = subject.draft_instance(identifier=text + uuid4().hex[:8])
        created = subject.create(instance)
        expect().status(created, 201, 202, 400, 404, 414, case=case)
        if not created.created:
            expect().status(subject.delete(instance), *_NORMAL_OR_REFUSED, case=case)
            continue
        binding = subject.draft_binding(instance, identifier=instance.id)
        bound = subject.create(binding)
        expect().status(bound, 201, 202, 400, 404, case=case)
        if bound.created:
            expect().done(subject.delete(binding), case=case)
        expect().done(subject.delete(instance), case=case)


@check("OSB-URL-02")
def odd_paths_are_served_or_refused(broker: Broker, subject: Subject, expect: Expectations) -> None:
    query = urlencode({**subject.offer.ids, "accepts_incomplete": "true"})
    for case, encoded in ODD_PATHS.items():
        for path in (
            f"/v2/service_instances/{encoded}",
            f"/v2/service_instances/unknown/service_bindings/{encoded}",
            f"/v2/service_instances/{encoded}/service_bindings/{encoded}",
        ):
            for method in ("GET", "DELETE"):
                response = broker.send_exactly(method, f"{path}?{query}")
                expect().status(response, *_NORMAL_OR_REFUSED, case=case)
                injected = response.headers.get("X-Injected")
                expect().that("no header made of an id", injected is None, injected, case=case)


@check("OSB-URL-03", "OSB-AMB-12")
def a_deleted_id_may_be_used_again(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.a_binding()
    instance = binding.instance
    expect().done(subject.delete(binding))
    again = subject.create(binding)
    expect().no_failure(again, case="the binding's id again")
    expect("OSB-AMB-12").created(again)
    expect().done(subject.delete(binding))
    expect().done(subject.delete(instance))
    again = subject.create(instance)
    expect().no_failure(again, case="the instance's id again")
    expect("OSB-AMB-12").created(again)
    if again.created:
        expect_absent(expect("OSB-AMB-12"), subject, binding)


@check("OSB-URL-04", "OSB-GETB-02", "OSB-UNB-02")
def a_binding_is_unknown_through_another_instance(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding, other = subject.a_binding(), subject.an_instance()
    elsewhere = subject.draft_binding(other, identifier=binding.id)
    if is_retrievable(subject, binding):
        expect("OSB-URL-04", "OSB-GETB-02").status(subject.fetch(elsewhere), 404)
    else:
        expect("OSB-GETB-02").not_applicable("bindings are not retrievable")
    expect("OSB-URL-04", "OSB-UNB-02").status(subject.delete(elsewhere), 410)
    repeated = subject.create(binding)
    expect("OSB-URL-04").status(repeated, 200, case="the real binding")
    created = subject.create(elsewhere)
    expect("OSB-URL-04").status(created, 201, 202, 400, 409, case="the same id in another instance")
    expect("OSB-URL-04").done(subject.delete(elsewhere) if created.created else repeated)
    expect_present(expect("OSB-URL-04"), subject, binding)
