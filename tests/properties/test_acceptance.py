"""After any order of operations, exactly the credentials of the rule are accepted (D-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.support.domain import Domain

if TYPE_CHECKING:
    from broker.credentials.envelope import Payload
    from tests.support.databases import RecycledDatabase, RecycledFile

INSTANCE_SECRET, BINDING_SECRET = "instance-secret", "binding-secret"
RELIST_DAYS = 7

type_lists = st.lists(
    st.sampled_from([INSTANCE_SECRET, BINDING_SECRET]), min_size=1, max_size=2, unique=True
)


@dataclass
class Issued:
    """An issued credential and its state in the model."""

    credentials: Payload
    type: str
    binding: str
    generation: int


class Acceptance(RuleBasedStateMachine):
    """One instance, its bindings, and a small model of the accepted credentials."""

    recycled: ClassVar[RecycledFile | RecycledDatabase]
    issued = Bundle("issued")

    def __init__(self) -> None:
        """Start on an empty database with a provisioned instance."""
        super().__init__()
        self.domain = Domain(self.recycled.restored())
        self.everything: list[Issued] = []
        self.next_binding = 0
        self.exists = False
        self.types: list[str] = []
        self.bindings: set[str] = set()
        self.generation = 0
        self.delisted_at: datetime | None = None
        self.provision([INSTANCE_SECRET])

    def teardown(self) -> None:
        """Close the database."""
        self.domain.close()

    @rule(types=type_lists)
    def provision(self, types: list[str]) -> None:
        if not self.exists:
            self.domain.provision("i", descriptor(types))
            self.exists, self.types, self.delisted_at = True, types, None
            self.generation += 1

    @rule(types=type_lists)
    def update(self, types: list[str]) -> None:
        if not self.exists:
            return
        now = self.domain.clock.now()
        self.domain.update("i", descriptor(types))
        was, is_now = INSTANCE_SECRET in self.types, INSTANCE_SECRET in types
        if was and not is_now:
            self.delisted_at = now
        if is_now and not was and self.delisted_at is not None:
            if now - self.delisted_at >= timedelta(days=RELIST_DAYS):
                self.generation += 1
            self.delisted_at = None
        self.types = types

    @rule(target=issued, wish=st.sampled_from([INSTANCE_SECRET, BINDING_SECRET]))
    def bind(self, wish: str) -> Issued | None:
        if not self.exists or wish not in self.types:
            return None
        self.next_binding += 1
        binding = f"b{self.next_binding}"
        credentials = self.domain.bind("i", binding, {"credential-type": wish})
        self.bindings.add(binding)
        credential = Issued(credentials, wish, binding, self.generation)
        self.everything.append(credential)
        return credential

    @rule(credential=issued)
    def unbind(self, credential: Issued | None) -> None:
        if credential is not None and credential.binding in self.bindings:
            self.domain.unbind("i", credential.binding)
            self.bindings.discard(credential.binding)

    @rule()
    def deprovision(self) -> None:
        if self.exists:
            self.domain.deprovision("i")
            self.exists, self.bindings = False, set()
            self.generation += 1

    @rule(days=st.integers(1, 8))
    def wait(self, days: int) -> None:
        self.domain.clock.advance(days=days)

    @invariant()
    def exactly_the_valid_credentials_are_accepted(self) -> None:
        for credential in self.everything:
            assert self.domain.accepts(credential.credentials) == self.is_valid(credential)

    def is_valid(self, credential: Issued) -> bool:
        """Return whether the model's rule accepts the credential."""
        if not self.exists or credential.type not in self.types:
            return False
        if credential.type == INSTANCE_SECRET:
            return credential.generation == self.generation
        return credential.binding in self.bindings


def descriptor(types: list[str]) -> dict[str, Any]:
    return {"xsappname": "app", "oauth2-configuration": {"credential-types": types}}


def run(recycled: RecycledFile | RecycledDatabase, examples: int) -> None:
    Acceptance.recycled = recycled
    effort = settings(max_examples=examples, stateful_step_count=25)
    run_state_machine_as_test(Acceptance, settings=effort)


def test_acceptance(recycled_file: RecycledFile) -> None:
    run(recycled_file, 25)


@pytest.mark.soak
def test_acceptance_at_length(recycled_file: RecycledFile) -> None:
    run(recycled_file, 600)


def test_acceptance_on_postgresql(recycled_database: RecycledDatabase) -> None:
    run(recycled_database, 4)


@pytest.mark.soak
def test_acceptance_on_postgresql_at_length(recycled_database: RecycledDatabase) -> None:
    run(recycled_database, 100)
