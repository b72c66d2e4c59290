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

    from tests.contract.answer import Answer
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectation, Expectations
    from tests.contract.resources import Resource
    from tests.contract.subject import Subject

MANY = 20


def _counted(answers: list[Answer]) -> str:
    counts = Counter(str(answer.status) for answer in answers)
    return ", ".join(f"{count} times {status}" for status, count in sorted(counts.items()))


def _expect_one(
    expectation: Expectation, answers: list[Answer], winner: int, *others: int, case: str
) -> None:
    """Expect exactly one response with the winner's status, and only these other statuses."""
    statuses = [answer.status for answer in answers]
    # An asynchronous broker returns 202 for all of them, so nothing can be counted.
    winners = statuses.count(winner) or int(202 in statuses)
    allowed = {winner, 202, *others}
    holds = winners == 1 and set(statuses) <= allowed
    expected = f"{winner} once, else {' or '.join(map(str, others))}"
    expectation.that(expected, holds, _counted(answers), case=case)


@check("OSB-CONC-03")
def of_identical_creations_one_creates(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    answers = at_once([partial(subject.create, instance)] * MANY)
    _expect_one(expect(), answers, 201, 200, 409, 422, case="20 times provision")
    binding = subject.draft_binding(instance)
    answers = at_once([partial(subject.create, binding)] * MANY)
    _expect_one(expect(), answers, 201, 200, 409, 422, case="20 times bind")
    credentials = [answer.credentials for answer in answers if answer.status in {200, 201}]
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
    answers = at_once(calls)
    _expect_one(expect(), answers, 201, 200, 409, 422, case="10 times 2 variants of provision")
    winner = next((n for n, answer in enumerate(answers) if answer.created), 0)
    like_the_winner = {answer.status for answer in answers[winner % 2 :: 2]}
    unlike_the_winner = {answer.status for answer in answers[1 - winner % 2 :: 2]}
    expect().that("no conflict for the winner's parameters", 409 not in like_the_winner)
    expect().that("no success of the other", not unlike_the_winner & {200, 201}, _counted(answers))
    expect().status(subject.create(instance, bodies[winner % 2]), 200, case="the winner again")
    expect().status(subject.create(instance, bodies[1 - winner % 2]), 409, case="the other again")


@check("OSB-CONC-05")
def of_deletions_one_deletes(broker: Broker, subject: Subject, expect: Expectations) -> None:
    binding = subject.a_binding()
    resources: list[tuple[str, Resource]] = [("unbind", binding), ("deprovision", binding.instance)]
    for call, resource in resources:
        answers = at_once([partial(subject.delete, resource)] * MANY)
        _expect_one(expect(), answers, 200, 410, 422, case=f"20 of {call}")
        expect_absent(expect(), subject, resource)


@check("OSB-CONC-06")
def any_mixture_ends_in_a_consistent_state(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    for _ in range(3):
        instance = subject.an_instance()
        bindings = [subject.draft_binding(instance) for _ in range(4)]
        calls: list[Callable[[], Answer]] = []
        for binding in bindings:
            calls += [partial(subject.create, binding), partial(subject.delete, binding)]
        calls += [partial(subject.update, instance, {"parameters": instance.parameters})] * 3
        calls += [partial(subject.delete, instance), partial(subject.create, instance)] * 2
        answers = at_once(calls)
        for answer in answers:
            expect().no_failure(answer)
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
    answers = at_once([partial(subject.create, binding) for binding in bindings])
    created = [answer for answer in answers if answer.created]
    expect().that("201 each time", len(created) == MANY, _counted(answers), case="20 times bind")
    for binding in bindings:
        expect_present(expect("OSB-CONC-07"), subject, binding)
    answers = at_once([partial(subject.delete, binding) for binding in bindings])
    gone = [answer for answer in answers if answer.done]
    expect().that("200 each time", len(gone) == MANY, _counted(answers), case="20 times unbind")


@check("OSB-CONC-02")
def requests_wait_for_one_another(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instances = [subject.draft_instance() for _ in range(MANY)]
    answers = at_once([partial(subject.create, instance) for instance in instances])
    created = [answer for answer in answers if answer.created]
    expect().that(
        "201 each time", len(created) == MANY, _counted(answers), case="20 times provision"
    )
    ready = instances[0]
    changes = [ready.parameters, ready.other_parameters or ready.parameters] * (MANY // 2)
    answers = at_once([partial(subject.update, ready, {"parameters": each}) for each in changes])
    changed = [answer for answer in answers if answer.done]
    expect().that("200 each time", len(changed) == MANY, _counted(answers), case="20 times update")


@check("OSB-GETI-03")
def readings_during_updates_see_one_state_or_the_other(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.an_instance()
    if not is_retrievable(subject, instance) or instance.other_parameters is None:
        raise NotApplicable("instances are not retrievable, or there is nothing to change")
    states = [instance.parameters, instance.other_parameters]
    updates = [partial(subject.update, instance, {"parameters": states[n % 2]}) for n in range(8)]
    answers = at_once([*updates, *[partial(subject.fetch, instance)] * 12])
    for answer in answers[len(updates) :]:
        if answer.status == 422:
            expect().error(answer, 422, "ConcurrencyError")
        elif expect().status(answer, 200):
            found = answer.members.get("parameters", instance.parameters)
            expect().that("one of the two states", found in states, "neither")


@check("OSB-CONC-01", "OSB-BIND-09", "OSB-UNB-05", "OSB-DEP-05", "OSB-PROV-12", "OSB-UPD-09")
def whoever_is_rejected_is_told_the_reason(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    binding = subject.a_binding()
    instance, draft = binding.instance, subject.draft_instance()
    crowds: dict[str, partial[Answer]] = {
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
        for answer in rejected:
            expect("OSB-CONC-01", requirement).error(answer, 422, "ConcurrencyError")
