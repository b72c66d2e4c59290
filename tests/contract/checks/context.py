"""The context that platforms send."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.contract.registry import check

if TYPE_CHECKING:
    from tests.contract.broker import Broker
    from tests.contract.expectations import Expectations
    from tests.contract.subject import Subject


@check("OSB-CTX-01")
def unknown_and_missing_members_are_tolerated(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    contexts: dict[str, dict[str, Any]] = {
        "empty": {},
        "platform only": {"platform": "cloudfoundry"},
        "an unknown platform": {"platform": "another-platform", "tenant": "x"},
        "vendor members": {"platform": "sapcp", "subaccount_id": "s", "global_account_id": "g"},
        "nested members": {"platform": "cloudfoundry", "more": {"a": [1, {"b": None}]}},
        "annotations": {"organization_annotations": {"example.com/a": "b"}},
    }
    for case, context in contexts.items():
        instance = subject.draft_instance(context=context)
        expect().created(subject.create(instance), case=f"context {case}")
        binding = subject.draft_binding(instance, context=context)
        expect().created(subject.create(binding), case=f"context {case}")


@check("OSB-CTX-02")
def no_context_is_needed(broker: Broker, subject: Subject, expect: Expectations) -> None:
    instance = subject.draft_instance()
    del instance.body["context"]
    expect().created(subject.create(instance))
    binding = subject.draft_binding(instance)
    del binding.body["context"]
    expect().created(subject.create(binding))
    expect().done(subject.update(instance))


@check("OSB-CTX-03")
def a_contradicting_context_does_not_win(
    broker: Broker, subject: Subject, expect: Expectations
) -> None:
    instance = subject.draft_instance()
    context = {**instance.body["context"], "organization_guid": "another", "space_guid": "another"}
    response = subject.create(instance, {**instance.body, "context": context})
    expect().status(response, 201, 202, 400)
    if response.created:
        expect().status(subject.create(instance), 200, case="without the contradiction")
