"""Changes of the signing keys: locked, written and audited atomically."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.audit.actor import system_actor
from broker.audit.event import Action, AuditEvent, SubjectKind
from broker.errors import KeyChangeRefused
from broker.tokens.key_changes import KeyChanges
from broker.tokens.ports import KEYS_LOCK, StoredSigningKey
from tests.support.instances import START

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ACTOR = system_actor("test")
OLD = StoredSigningKey("old", b"", "", START, START, None)
NEW = replace(OLD, kid="new", sign_from=START + timedelta(hours=1))


@dataclass
class Store:
    """One transaction; records the order of its operations."""

    keys: list[StoredSigningKey] = field(default_factory=lambda: [OLD])
    steps: list[str] = field(default_factory=list)
    events: list[AuditEvent] = field(default_factory=list)

    @property
    def signing_keys(self) -> Store:
        return self

    @property
    def audit(self) -> Store:
        return self

    def run(self, work: Callable[[Any], Any]) -> Any:
        return work(self)

    def load(self) -> tuple[datetime, list[StoredSigningKey]]:
        return START, self.keys

    def lock(self, name: str) -> None:
        self.steps.append(name)

    def time(self) -> datetime:
        return START

    def all(self) -> list[StoredSigningKey]:
        self.steps.append("read")
        return self.keys

    def replace(
        self, before: Sequence[StoredSigningKey], after: Sequence[StoredSigningKey]
    ) -> list[str]:
        self.steps.append("write")
        self.keys = list(after)
        old, new = ({key.kid: key for key in keys} for keys in (before, after))
        return [kid for kid in old | new if old.get(kid) != new.get(kid)]

    def append(self, event: AuditEvent) -> None:
        self.events.append(event)


def changes(store: Store) -> KeyChanges:
    return KeyChanges(store, store)  # type: ignore[arg-type]  # of a transaction only what is used


def test_keys_are_read_under_the_lock_that_their_change_needs() -> None:
    store = Store()
    after = changes(store).change(Action.ROTATE_SIGNING_KEY, ACTOR, lambda _, keys: [*keys, NEW])
    assert after == store.keys == [OLD, NEW]
    assert store.steps == [KEYS_LOCK, "read", "write"]


@pytest.mark.parametrize(("kid", "subject"), [("", "new"), ("old", "old")])
def test_the_event_names_the_given_or_the_last_signing_key(kid: str, subject: str) -> None:
    store = Store()
    changes(store).change(Action.ROTATE_SIGNING_KEY, ACTOR, lambda _, keys: [NEW, *keys], kid)
    [event] = store.events
    assert (event.action, event.actor, event.at) == (Action.ROTATE_SIGNING_KEY, ACTOR, START)
    assert (event.subject.kind, event.subject.id) == (SubjectKind.SIGNING_KEY, subject)


def test_an_ineffective_change_leaves_no_event() -> None:
    store = Store()
    changes(store).change(Action.PURGE_SIGNING_KEYS, ACTOR, lambda _, keys: list(keys))
    assert store.events == []


def test_a_refused_change_writes_nothing() -> None:
    def refuse(now: datetime, keys: Sequence[StoredSigningKey]) -> list[StoredSigningKey]:
        raise KeyChangeRefused

    store = Store()
    with pytest.raises(KeyChangeRefused):
        changes(store).change(Action.ROTATE_SIGNING_KEY, ACTOR, refuse)
    assert store.steps == [KEYS_LOCK, "read"]


def test_loading_reads_the_stored_keys() -> None:
    assert changes(Store()).load() == (START, [OLD])
