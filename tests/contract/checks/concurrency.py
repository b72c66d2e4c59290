"""Concurrent calls, each over its own connection."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from tests.contract.expectations import NotApplicable
from tests.contract.parallel import at_once
from tests.contract.presence import expect_absent, expect_present, is_retrievable
from tests.contract.registry import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectation, Expectations
    from tests.contract.resources import Resource
    from tests.contract.response import Response
    from tests.contract.subject import Subject

MANY = 20


def _counted(responses: list[Response]) -> str:
    counts = Counter(str(response.status) for response in responses)
    return ", ".join(f"{count} times {status}" for status, count in sorted(counts.items()))


def _expect_one(
    expectation: Expectation, responses: list[Response], winner: int, *others: int, case: str
) -> None:
    """Expect exactly one response with the winner's status, and only these other statuses."""
    statuses = [response.status for response in responses]
    # An asynchronous broker returns 202 for all of them, so nothing can be counted.
    winners = statuses.count(winner) or int(202 in statuses)
    allowed = {winner, 202, *others}
    holds = winners == 1 and set(statuses) <= allowed
    expected = f"{winner} once, else {' or '.join(map(str, others))}"
    expectation.that(expected, holds, _counted(responses), case=case)


@check("OSB-CONC-03")
def of_identical_creations_one_creates(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    responses = at_once([partial(subject.create, instance)] * MANY)
    _expect_one(expect(), responses, 201, 200, 409, 422, case="20 times provision")
    binding = subject.draft_binding(instance)
    responses = at_once([partial(subject.create, binding)] * MANY)
    _expect_one(expect(), responses, 201, 200, 409, 422, case="20 times bind")
    credentials = [response.credentials for response in responses if response.status in {200, 201}]
    same = all(each == credentials[0] for each in credentials)
    expect().that("the same credentials in every success", same, "others")
    for resource in (binding, instance):
        expect().done(subject.delete(resource))
        expect_absent(expect(), subject, resource)


@check("OSB-CONC-04")
def of_different_creations_one_wins(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    if instance.other_parameters is not None:
        variants = [instance.parameters, instance.other_parameters]
        bodies = [{**instance.body, "parameters": each} for each in variants]
    else:
        bodies = [{**instance.body, "space_guid": name, "context": {}} for name in ("one", "two")]
    calls = [partial(subject.create, instance, bodies[n % 2]) for n in range(MANY)]
    responses = at_once(calls)
    _expect_one(expect(), responses, 201, 200, 409, 422, case="10 times 2 variants of provision")
    winner = next((n for n, response in enumerate(responses) if response.created), 0)
    like_the_winner = {response.status for response in responses[winner % 2 :: 2]}
    unlike_the_winner = {response.status for response in responses[1 - winner % 2 :: 2]}
    expect().that("no conflict for the winner's parameters", 409 not in like_the_winner)
    expect().that(
        "no success of the other", not unlike_the_winner & {200, 201}, _counted(responses)
    )
    expect().status(subject.create(instance, bodies[winner % 2]), 200, case="the winner again")
    expect().status(subject.create(instance, bodies[1 - winner % 2]), 409, case="the other again")


@check("OSB-CONC-05")
def of_deletions_one_deletes(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.a_binding()
    resources: list[tuple[str, Resource]] = [("unbind", binding), ("deprovision", binding.instance)]
    for call, resource in resources:
        responses = at_once([partial(subject.delete, resource)] * MANY)
        _expect_one(expect(), responses, 200, 410, 422, case=f"20 of {call}")
        expect_absent(expect(), subject, resource)


@check("OSB-CONC-06")
def any_mixture_ends_in_a_consistent_state(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for _ in range(3):
        instance = subject.an_instance()
        bindings = [subject.draft_binding(instance) for _ in range(4)]
        calls: list[Callable[[], Response]] = []
        for binding in bindings:
            calls += [partial(subject.create, binding), partial(subject.delete, binding)]
        calls += [partial(subject.update, instance, {"parameters": instance.parameters})] * 3
        calls += [partial(subject.delete, instance), partial(subject.create, instance)] * 2
        responses = at_once(calls)
        for response in responses:
            expect().no_failure(response)
        exists = subject.create(instance).status == 200
        for binding in bindings:
            fetched = subject.fetch(binding).status if is_retrievable(subject, binding) else 0
            deleted = subject.delete(binding).status
            consistent = not fetched or (fetched == 200) == (deleted in {200, 202})
            expect().that("found if and only if it can be deleted", consistent, (fetched, deleted))
        expect().status(subject.delete(instance), 200, 202, case=f"existed before: {exists}")
        for binding in bindings:
            expect().status(subject.delete(binding), 410, case="after the instance's end")


@check("OSB-CONC-02", "OSB-CONC-07")
def parallel_bindings_all_succeed(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.an_instance()
    bindings = [subject.draft_binding(instance) for _ in range(MANY)]
    responses = at_once([partial(subject.create, binding) for binding in bindings])
    created = [response for response in responses if response.created]
    expect().that("201 each time", len(created) == MANY, _counted(responses), case="20 times bind")
    for binding in bindings:
        expect_present(expect("OSB-CONC-07"), subject, binding)
    responses = at_once([partial(subject.delete, binding) for binding in bindings])
    gone = [response for response in responses if response.done]
    expect().that("200 each time", len(gone) == MANY, _counted(responses), case="20 times unbind")


@check("OSB-CONC-02")
def requests_wait_for_one_another(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instances = [subject.draft_instance() for _ in range(MANY)]
    responses = at_once([partial(subject.create, instance) for instance in instances])
    created = [response for response in responses if response.created]
    expect().that(
        "201 each time", len(created) == MANY, _counted(responses), case="20 times provision"
    )
    ready = instances[0]
    changes = [ready.parameters, ready.other_parameters or ready.parameters] * (MANY // 2)
    responses = at_once([partial(subject.update, ready, {"parameters": each}) for each in changes])
    changed = [response for response in responses if response.done]
    expect().that(
        "200 each time", len(changed) == MANY, _counted(responses), case="20 times update"
    )


@check("OSB-GETI-03")
def readings_during_updates_see_one_state_or_the_other(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    if not is_retrievable(subject, instance) or instance.other_parameters is None:
        raise NotApplicable("instances are not retrievable, or there is nothing to change")
    states = [instance.parameters, instance.other_parameters]
    updates = [partial(subject.update, instance, {"parameters": states[n % 2]}) for n in range(8)]
    responses = at_once([*updates, *[partial(subject.fetch, instance)] * 12])
    for response in responses[len(updates) :]:
        if response.status == 422:
            expect().error(response, 422, "ConcurrencyError")
        elif expect().status(response, 200):
            found = response.members.get("parameters", instance.parameters)
            expect().that("one of the two states", found in states, "neither")


@check("OSB-CONC-01", "OSB-BIND-09", "OSB-UNB-05", "OSB-DEP-05", "OSB-PROV-12", "OSB-UPD-09")
def whoever_is_rejected_is_told_the_reason(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    instance, draft = binding.instance, subject.draft_instance()
    crowds: dict[str, partial[Response]] = {
        "OSB-PROV-12": partial(subject.create, draft),
        "OSB-UPD-09": partial(subject.update, instance, {"parameters": instance.parameters}),
        "OSB-BIND-09": partial(subject.create, binding),
        "OSB-UNB-05": partial(subject.delete, binding),
        "OSB-DEP-05": partial(subject.delete, instance),
    }
    for requirement, call in crowds.items():
        rejected = [each for each in at_once([call] * 8) if each.status == 422]
        if not rejected:
            expect("OSB-CONC-01", requirement).not_applicable("no call was rejected")
        for response in rejected:
            expect("OSB-CONC-01", requirement).error(response, 422, "ConcurrencyError")
