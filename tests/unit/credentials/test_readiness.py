"""Whether a credential type is still needed, and the credentials that need it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from broker.credentials.readiness import CredentialUse, HeldBinding, InstanceReadiness, Need
from broker.descriptor.model import CredentialType

NOW = datetime(2030, 6, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
LATELY, LONG_AGO = NOW - timedelta(days=1), NOW - timedelta(days=31)
SHARED, OWN = CredentialType.INSTANCE_SECRET, CredentialType.BINDING_SECRET


def use(type_: CredentialType, at: datetime | None, previous: datetime | None = None):  # type: ignore[no-untyped-def]  # noqa: ANN201 - short for a test
    return CredentialUse(type_, LONG_AGO, at, previous, accepted=1, refused=0)


def binding(name: str, type_: CredentialType, at: datetime | None = None) -> HeldBinding:
    return HeldBinding(name, type_, None, LONG_AGO, None if type_ is SHARED else use(type_, at))


def instance(secret: CredentialUse | None, *bindings: HeldBinding) -> InstanceReadiness:
    return InstanceReadiness("i", "app!t1", "p", (SHARED, OWN), secret, bindings)


@pytest.mark.parametrize(
    ("readiness", "need", "breaks"),
    [
        (instance(use(SHARED, LATELY), binding("b", SHARED)), Need.USED, ["b"]),
        (instance(use(SHARED, None, LATELY), binding("b", SHARED)), Need.USED, ["b"]),
        (instance(use(SHARED, LATELY)), Need.USED, []),  # a copy of a deleted key
        (instance(use(SHARED, LONG_AGO), binding("b", SHARED)), Need.HELD, ["b"]),
        (instance(use(SHARED, LONG_AGO), binding("b", OWN)), Need.FREE, []),
        (instance(None), Need.FREE, []),
    ],
)
def test_need_of_the_instance_secret(
    readiness: InstanceReadiness, need: Need, breaks: list[str]
) -> None:
    [shared, _] = readiness.removals(NOW, MONTH, counted_since=NOW - 2 * MONTH)
    assert (shared.type, shared.need, list(shared.breaks)) == (SHARED, need, breaks)


def test_own_secrets_are_distinguished_by_binding() -> None:
    readiness = instance(
        None, binding("idle", OWN, LONG_AGO), binding("busy", OWN, LATELY), binding("new", OWN)
    )
    [_, own] = readiness.removals(NOW, MONTH, counted_since=NOW - 2 * MONTH)
    assert own.need is Need.USED
    assert list(own.used_lately) == ["busy"]
    assert list(own.breaks) == ["busy", "idle", "new"]
    assert own.last_used_at == LATELY


def test_a_short_observation_does_not_prove_disuse() -> None:
    readiness = instance(use(SHARED, None), binding("b", SHARED))
    [shared, _] = readiness.removals(NOW, MONTH, counted_since=LATELY)
    assert shared.need is Need.UNKNOWN
