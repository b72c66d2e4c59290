"""A reconciliation applies each action once, and is idempotent."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from broker.lifecycle.rotate import Rotate
from broker.recovery.reconcile import Reconciliation, RestoredBinding
from broker.recovery.restore import Restore
from broker.recovery.restore_collections import RestoreCollections
from broker.recovery.restore_users import RestoreUsers
from tests.support.domain import CALLER, OPERATOR, Domain

TYPES = ["instance-secret", "binding-secret"]
DESCRIPTOR = {"xsappname": "app", "oauth2-configuration": {"credential-types": TYPES}}
CLIENT = "sb-app!t1"


@pytest.fixture
def restored(on_sqlite: Domain) -> Domain:
    """A database with an instance and a binding of each kind."""
    on_sqlite.provision("i", DESCRIPTOR)
    return on_sqlite


def carry_out(domain: Domain, **plan: Any) -> int:
    """Return the number of applied actions."""
    return len(list(restore_of(domain)(OPERATOR, Reconciliation(**plan))))


def restore_of(domain: Domain) -> Restore:
    return Restore(
        domain.transactions,
        domain.clock,
        domain.unbind_,
        domain.deprovision_,
        RestoreUsers(domain.transactions, domain.clock),
        RestoreCollections(domain.transactions),
    )


def test_deletions_are_repeated_for_all_platforms(restored: Domain) -> None:
    credentials = restored.bind("i", "b", {"credential-type": "binding-secret"})
    restore = restore_of(restored)
    assert restore.bindings() == [RestoredBinding("default", "i", "b")]
    plan: dict[str, Any] = {"bindings": {("i", "b"), ("i", "gone"), ("gone", "b")}}
    assert carry_out(restored, **plan) == 1
    assert not restored.accepts(credentials)
    assert restore.bindings() == []
    assert carry_out(restored, **plan) == 0
    assert carry_out(restored, instances={"i", "gone"}) == 1
    assert carry_out(restored, instances={"i", "gone"}) == 0


def test_a_name_that_may_be_known_since_the_backup_is_held(restored: Domain) -> None:
    """D-55: the backup lacks later bindings."""
    app_id = restored.instance("i").client.app_id
    assert carry_out(restored, instances={"i"}) == 1
    assert restored.transactions.run(lambda store: store.held_names.release(app_id))


def test_a_list_of_types_is_set_again_and_the_secret_de_listed(restored: Domain) -> None:
    shared = restored.bind("i", "b")
    plan: dict[str, Any] = {"types": {"i": ("binding-secret",), "gone": ("x509",)}}
    before = restored.instance("i").client
    assert carry_out(restored, **plan) == 1
    after = restored.instance("i").client
    assert (after.credential_types, after.epoch) == (("binding-secret",), before.epoch + 1)
    assert not restored.accepts(shared)
    assert carry_out(restored, **plan) == 0


def test_a_secret_that_was_replaced_later_ends(restored: Domain) -> None:
    old = restored.bind("i", "b")
    assert carry_out(restored, secrets={"i", "gone"}) == 1
    assert not restored.accepts(old)
    assert carry_out(restored, secrets={"i"}) == 0
    assert restored.bind("i", "c")["clientsecret"] != old["clientsecret"]


def test_a_previous_secret_is_refused_again_and_the_current_one_stays(restored: Domain) -> None:
    old = restored.bind("i", "b")
    assert carry_out(restored, previous_secrets={"i"}) == 0
    Rotate(restored.transactions, restored.clock).rotate(CALLER, "i", timedelta(days=7))
    current = restored.bind("i", "b")
    assert carry_out(restored, previous_secrets={"i", "gone"}) == 1
    assert [restored.accepts(each) for each in (old, current)] == [False, True]


def generation(domain: Domain, credentials: dict[str, Any]) -> str:
    return domain.authenticator.authenticate(
        credentials["clientid"], credentials["clientsecret"]
    ).revocation_signature


def test_all_tokens_of_a_client_are_revoked_as_often_as_it_did(restored: Domain) -> None:
    credentials = restored.bind("i", "b")
    marks = [generation(restored, credentials)]
    for times in (1, 2):
        assert carry_out(restored, clients=Counter({CLIENT: times, "sb-gone!t1": 1})) == 1
        marks.append(generation(restored, credentials))
    assert len(set(marks)) == 3


def test_single_tokens_are_revoked_while_they_could_live(restored: Domain) -> None:
    restored.bind("i", "b")
    now = restored.clock.now()
    tokens = {
        "living": (CLIENT, now + timedelta(hours=1)),
        "ended": (CLIENT, now),
        "foreign": ("sb-gone!t1", now + timedelta(hours=1)),
    }
    assert carry_out(restored, tokens=tokens) == 1
    client = restored.instance("i").client
    until = now + timedelta(hours=1)

    def is_new(token_id: str) -> bool:
        """Return whether the token takes the only slot, which ``living`` has taken."""
        return restored.transactions.run(
            lambda found: found.issued_tokens.revoke(
                client, token_id, expires_at=until, now=now, limit=1
            )
        )

    assert is_new("living")
    assert not is_new("ended")
