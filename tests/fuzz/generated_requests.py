"""Requests that schemathesis generates from the document, most of them plausible."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from tests.support.platform import APIACCESS, APPLICATION, ORGANIZATION, SERVICE_ID, SPACE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Case = schemathesis.Case[Any]
    Operation = schemathesis.APIOperation[Any, Any, Any, Any]

DOCUMENT = Path(__file__).with_name("open-service-broker.yaml")

# So few that requests refer to the same resources.
_INSTANCES = {
    "fuzz-instance-1": APPLICATION,
    "fuzz-instance-2": APPLICATION,
    "fuzz-instance-3": APPLICATION,
    "fuzz-instance-4": APIACCESS,
}
_BINDINGS = [f"fuzz-binding-{number}" for number in range(4)]

# The weight of each call: deletes are rare, so that resources exist.
_WEIGHTS = {"catalog": 1, "provision": 5, "update": 5, "bind": 6, "deprovision": 1, "unbind": 1}

# The first choice is drawn more often than the others.
seldom = st.sampled_from([False] * 7 + [True])
_types = st.sampled_from(["instance-secret", "binding-secret", "x509"])
_binding_parameters = st.fixed_dictionaries(
    {}, optional={"credential-type": _types, "hide-secret": st.booleans()}
)
_scope_names = st.from_regex(r"\$XSAPPNAME\.[A-Za-z][A-Za-z0-9_]{0,7}", fullmatch=True)
_descriptors = st.fixed_dictionaries(
    {},
    optional={
        "description": st.text(max_size=20),
        "scopes": st.lists(_scope_names, max_size=3, unique=True).map(
            lambda names: [{"name": name} for name in names]
        ),
        "oauth2-configuration": st.fixed_dictionaries(
            {},
            optional={
                "credential-types": st.lists(_types, min_size=1, max_size=3, unique=True),
                "token-validity": st.integers(60, 86_400),
            },
        ),
    },
)


def load_document() -> schemathesis.BaseSchema:
    """Return the document, with plausible requests."""
    document = schemathesis.openapi.from_path(DOCUMENT)
    document.hook(flatmap_case)
    return document


def operations_of(document: schemathesis.BaseSchema) -> Iterator[Operation]:
    """Yield the ten calls."""
    for result in document.get_all_operations():
        assert isinstance(result, Ok), result
        yield result.ok()


def any_requests(
    document: schemathesis.BaseSchema, weights: Mapping[str, int] = _WEIGHTS
) -> st.SearchStrategy[Case]:
    """Return requests of any call; a third of them violate the document's rules."""
    modes = [GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    return st.one_of(
        [
            operation.as_strategy(generation_mode=mode)
            for operation in operations_of(document)
            for mode in modes
            for _ in range(weights.get(operation_id(operation), 2))
        ]
    )


def operation_id(operation: Operation) -> str:
    """Return the document's name of a call."""
    return str(operation.definition.raw["operationId"])


def flatmap_case(_context: schemathesis.HookContext, case: Case) -> st.SearchStrategy[Case]:
    """Leave some requests unchanged."""
    return seldom.flatmap(lambda wild: st.just(case) if wild else _plausible(case))


@st.composite
def _plausible(draw: st.DrawFn, case: Case) -> Case:
    """Replace well-formed values by values that the broker knows."""
    instance = draw(st.sampled_from(list(_INSTANCES)))
    plan = APIACCESS if draw(seldom) else _INSTANCES[instance]
    ids = {"instance_id": instance, "binding_id": draw(st.sampled_from(_BINDINGS))}
    case.path_parameters = {name: ids[name] for name in case.path_parameters}
    texts = {
        "service_id": SERVICE_ID,
        "plan_id": plan,
        "organization_guid": ORGANIZATION,
        "space_guid": SPACE,
        "predecessor_binding_id": draw(st.sampled_from(_BINDINGS)),
    }
    _replace_texts(case.query, texts)
    if isinstance(case.body, dict):
        _replace_texts(case.body, texts)
        for name in ("context", "maintenance_info", "app_guid", "bind_resource"):
            if not draw(seldom):
                case.body.pop(name, None)
        if isinstance(case.body.get("parameters", {}), dict | None) and not draw(seldom):
            case.body["parameters"] = draw(_parameters(case, plan))
    return case


def _replace_texts(members: dict[str, Any], texts: dict[str, str]) -> None:
    members |= {name: text for name, text in texts.items() if isinstance(members.get(name), str)}


def _parameters(case: Case, plan: str) -> st.SearchStrategy[dict[str, Any]]:
    if "binding_id" in case.path_parameters:
        return _binding_parameters
    if plan == APIACCESS:
        return st.just({})
    # One name per instance: otherwise every update and most provisions would be refused.
    name = {"xsappname": case.path_parameters["instance_id"]}
    # Most have no other member, so that requests are often repeated.
    return seldom.flatmap(lambda full: _descriptors if full else st.just({})).map(
        lambda descriptor: name | descriptor
    )


def _originating_identity(value: dict[str, str]) -> str:
    return f"cloudfoundry {base64.b64encode(json.dumps(value).encode()).decode()}"


schemathesis.openapi.format(
    "originating-identity",
    st.fixed_dictionaries({"user_id": st.text(max_size=20)}).map(_originating_identity),
)
