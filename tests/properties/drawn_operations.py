"""Operations to draw, with few enough ids that they interact."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.properties.reference_model import (
    BINDING_SECRET,
    INSTANCE_SECRET,
    Bind,
    Deprovision,
    Operation,
    Provision,
    Unbind,
    Update,
)
from tests.support.platform import APIACCESS, APPLICATION

INSTANCES = ("one", "two")
BINDINGS = ("a", "b")

bindings = st.sampled_from(BINDINGS)
plans = st.sampled_from([APPLICATION] * 7 + [APIACCESS])
types = st.lists(
    st.sampled_from([INSTANCE_SECRET, BINDING_SECRET]), min_size=1, max_size=2, unique=True
)
binding_parameters = st.sampled_from([INSTANCE_SECRET, BINDING_SECRET, None, None]).map(
    lambda type_: {"credential-type": type_} if type_ else {}
)


def descriptors_of(instance: str) -> st.SearchStrategy[dict[str, Any]]:
    """Draw descriptors; most have a name unique to the instance."""
    own = f"app-{instance}"
    return st.fixed_dictionaries(
        {"xsappname": st.sampled_from([own, own, own, "common"])},
        optional={
            "oauth2-configuration": types.map(lambda listed: {"credential-types": listed}),
            "description": st.just("another"),
            "tenant-mode": st.sampled_from(["dedicated", "dedicated", "shared"]),
        },
    )


def operations_on(instance: str) -> st.SearchStrategy[Operation]:
    """Draw operations on this instance; deletes are rare, so that resources exist."""
    this = st.just(instance)
    nothing: st.SearchStrategy[dict[str, Any]] = st.just({})
    parameters = descriptors_of(instance) | nothing
    provisions = st.builds(Provision, this, plans, parameters)
    updates = st.builds(Update, this, plans, parameters)
    binds = st.builds(Bind, this, bindings, plans, binding_parameters)
    rotations = st.builds(Bind, this, bindings, plans, binding_parameters, bindings)
    unbinds = st.builds(Unbind, this, bindings, plans)
    deprovisions = st.builds(Deprovision, this, plans)
    often: list[st.SearchStrategy[Operation]] = [provisions, updates, binds]
    return st.one_of([*often, *often, rotations, unbinds, deprovisions])


instances = st.sampled_from(INSTANCES)
operations = instances.flatmap(operations_on)
pairs = instances.flatmap(lambda one: st.tuples(operations_on(one), operations_on(one)))
