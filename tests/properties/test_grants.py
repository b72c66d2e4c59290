"""For any declarations in any order, tokens hold the scopes of a naive model of grants.

The model knows instances, spaces and names, but no rows or epochs. It proves that
no descriptor yields a scope outside its own application, a pinned grant or the platform's list
(D-29, D-30), that no withdrawn grant outlives its update (D-36), and that no successor in another
space inherits anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from tests.support.domain import Domain

NAMES = ("a", "b", "c")
SPACES = ("one", "two")
SCOPES = ("read", "write")
PLATFORM_SCOPES = frozenset({"uaa.resource"})

by_name = st.sampled_from(NAMES).map("$XSAPPNAME(application,{})".format)
by_service = st.sampled_from(NAMES).map("$XSSERVICENAME(service {})".format)
references = by_name | by_service
acceptances = st.one_of(
    st.just("$ACCEPT_GRANTED_AUTHORITIES"),
    references,
    st.tuples(references, st.sampled_from(SCOPES)).map(".".join),
    st.sampled_from(["uaa.user", "openid", "$XSAPPNAME.read"]),
)
grants = st.fixed_dictionaries(
    {scope: st.lists(references, max_size=2, unique=True) for scope in SCOPES}
)
wishes = st.lists(acceptances, max_size=2, unique=True)


@dataclass
class Pin:
    """The application that a reference resolved to, and its space."""

    target: str | None = None
    space: str | None = None


@dataclass
class App:
    """A live instance: its name, space, and what it grants and accepts."""

    name: str
    space: str
    grants: dict[str, list[str]]
    accepts: list[str]
    pins: dict[str, Pin] = field(default_factory=dict)

    def referred(self) -> set[str]:
        """Return the applications that the descriptor names."""
        granted = {text for texts in self.grants.values() for text in texts}
        accepted = {text.partition(").")[0].rstrip(")") + ")" for text in self.accepts}
        return {text for text in granted | accepted if text.startswith("$XS") and "(" in text}


class Grants(RuleBasedStateMachine):
    """Provisions, updates and deletes applications of a few names in two spaces of one zone."""

    domain: ClassVar[Domain]
    zones: ClassVar[count[int]] = count(1)

    def __init__(self) -> None:
        """Start in a zone of its own."""
        super().__init__()
        self.zone = f"zone-{next(self.zones)}"
        self.apps: dict[str, App] = {}
        self.serial = count(1)

    @initialize(grants=grants, accepts=wishes)
    def two_that_may_know_each_other(
        self, grants: dict[str, list[str]], accepts: list[str]
    ) -> None:
        self.create("a", "one", grants, ["$ACCEPT_GRANTED_AUTHORITIES"])
        self.create("b", "one", {"read": ["$XSAPPNAME(application,a)"], "write": []}, accepts)

    @precondition(lambda self: len(self.apps) < len(NAMES))
    @rule(data=st.data(), space=st.sampled_from(SPACES), grants=grants, accepts=wishes)
    def provision(
        self, data: st.DataObject, space: str, grants: dict[str, list[str]], accepts: list[str]
    ) -> None:
        taken = {app.name for app in self.apps.values()}
        name = data.draw(st.sampled_from([name for name in NAMES if name not in taken]))
        self.create(name, space, grants, accepts)

    def create(
        self, name: str, space: str, grants: dict[str, list[str]], accepts: list[str]
    ) -> None:
        """Provision, and pin in the model."""
        instance_id = f"{self.zone}-{name}-{next(self.serial)}"
        # Held names are tested elsewhere.
        self.domain.clock.advance(days=2)
        self.domain.provision(
            instance_id,
            descriptor(name, grants, accepts),
            organization_guid=self.zone,
            space_guid=f"{self.zone}-{space}",
            context={"instance_name": f"service {name}"},
        )
        new = App(name, space, grants, accepts)
        self.apps[instance_id] = new
        self.pin_again(new, {})
        for app in self.apps.values():
            for text, pin in app.pins.items():
                if text == f"$XSAPPNAME(application,{name})" and pin.space in {None, space}:
                    pin.target, pin.space = instance_id, space
                if text == f"$XSSERVICENAME(service {name})" and app.space == space:
                    pin.target = pin.target or instance_id

    @precondition(lambda self: self.apps)
    @rule(data=st.data(), grants=grants, accepts=wishes)
    def update(self, data: st.DataObject, grants: dict[str, list[str]], accepts: list[str]) -> None:
        instance_id = data.draw(st.sampled_from(sorted(self.apps)))
        app = self.apps[instance_id]
        self.domain.update(instance_id, descriptor(app.name, grants, accepts))
        app.grants, app.accepts = grants, accepts
        self.pin_again(app, app.pins)

    @precondition(lambda self: self.apps)
    @rule(data=st.data())
    def deprovision(self, data: st.DataObject) -> None:
        instance_id = data.draw(st.sampled_from(sorted(self.apps)))
        self.domain.deprovision(instance_id)
        del self.apps[instance_id]

    def pin_again(self, app: App, known: dict[str, Pin]) -> None:
        """Keep the pins of remaining references and resolve the others."""
        app.pins = {text: known.get(text, Pin()) for text in app.referred()}
        for text, pin in app.pins.items():
            by_service = text.startswith("$XSSERVICENAME")
            if by_service and pin.target not in self.apps:
                pin.target = None
            if pin.target is not None:
                continue
            for instance_id, other in self.apps.items():
                sought = f"service {other.name})" if by_service else f",{other.name})"
                if text.endswith(sought) and (not by_service or other.space == app.space):
                    pin.target, pin.space = instance_id, other.space

    @invariant()
    def tokens_hold_what_was_granted_and_accepted(self) -> None:
        for instance_id, app in self.apps.items():
            expected = set(PLATFORM_SCOPES)
            index = self.domain.zone_index(instance_id)
            if "$XSAPPNAME.read" in app.accepts:
                expected.add(f"{app.name}!t{index}.read")
            for owner_id, owner in self.apps.items():
                for scope, grantees in owner.grants.items():
                    granted = any(owner.pins[text].target == instance_id for text in grantees)
                    if granted and accepts(app, owner_id, scope):
                        expected.add(f"{owner.name}!t{index}.{scope}")
            assert set(self.domain.scopes(instance_id)) == expected


def accepts(app: App, owner_id: str, scope: str) -> bool:
    """Return whether the application accepts this scope of that owner."""
    for text in app.accepts:
        if text == "$ACCEPT_GRANTED_AUTHORITIES":
            return True
        application, _, name = text.partition(").")
        pin = app.pins.get(application.rstrip(")") + ")")
        if pin is not None and pin.target == owner_id and name in {"", scope}:
            return True
    return False


def descriptor(name: str, grants: dict[str, list[str]], accepts: list[str]) -> dict[str, Any]:
    """Return the descriptor with these declarations."""
    scopes = [
        {"name": f"$XSAPPNAME.{scope}", "grant-as-authority-to-apps": grantees}
        for scope, grantees in grants.items()
    ]
    return {"xsappname": name, "scopes": scopes, "authorities": accepts}


def run(domain: Domain, examples: int, steps: int) -> None:
    Grants.domain = domain
    run_state_machine_as_test(
        Grants,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_tokens_follow_grants(domain: Domain) -> None:
    run(domain, examples=12, steps=12)


@pytest.mark.soak
def test_tokens_follow_grants_at_length(domain: Domain) -> None:
    run(domain, examples=300, steps=30)


def test_the_model_knows_invalid_from_valid(domain: Domain) -> None:
    """References without a known form, which the machine never draws, are refused."""
    with pytest.raises(InvalidRequest):
        domain.provision("x", {"xsappname": "x", "authorities": ["$OTHER.write"]})
