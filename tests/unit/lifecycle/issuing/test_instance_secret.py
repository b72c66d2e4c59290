"""The secret of an instance while its type is listed, and for some days after (D-02, D-15)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from broker.descriptor.model import CredentialType
from broker.lifecycle.issuing.instance_secret import (
    delist_instance_secret,
    ensure_instance_secret,
    new_instance_secret,
    relist_instance_secret,
)
from tests.support.instances import START, an_instance, an_oauth_client

if TYPE_CHECKING:
    from broker.credentials.kind import Secret
    from broker.identity.client import Client
    from broker.instances.model import Instance

SHARED, OWN, _ = CredentialType
LISTING = an_oauth_client(credential_types=(SHARED, OWN))
OTHER = an_oauth_client(credential_types=(OWN,))
WEEK = timedelta(days=7)


@dataclass
class Credentials:
    """The secret of one client, and the time of its de-listing."""

    secret: str | None = None
    delisted_at: datetime | None = None
    calls: list[str] = field(default_factory=list)

    def instance_secret(self, instance: Instance) -> str | None:
        return self.secret

    def add_instance_secret(self, instance: Instance, secret: Secret, now: datetime) -> None:
        self.calls.append("add")
        self.secret, self.delisted_at = secret.text, None

    def delist_instance_secret(self, client: Client, now: datetime) -> None:
        self.calls.append("delist")
        self.delisted_at = now

    def relist_instance_secret(self, client: Client) -> None:
        self.calls.append("relist")
        self.delisted_at = None

    def drop_instance_secret(self, client: Client, *, delisted_before: datetime) -> bool:
        dropped = self.delisted_at is not None and self.delisted_at <= delisted_before
        if dropped:
            self.secret = None
        return dropped


def test_secrets_differ() -> None:
    assert new_instance_secret().text != new_instance_secret().text


def test_only_the_first_binding_creates_the_secret() -> None:
    credentials: Any = Credentials()
    ensure_instance_secret(credentials, an_instance(client=LISTING), START)
    made = credentials.secret
    ensure_instance_secret(credentials, an_instance(client=LISTING), START)
    assert (credentials.calls, credentials.secret) == (["add"], made)


@pytest.mark.parametrize(
    ("client", "types", "calls"),
    [
        (LISTING, (OWN,), ["delist"]),
        (LISTING, (), ["delist"]),
        (LISTING, (OWN, SHARED), []),
        (OTHER, (OWN,), []),
    ],
)
def test_the_de_listing_time_is_that_of_the_update(
    client: Client, types: tuple[str, ...], calls: list[str]
) -> None:
    credentials: Any = Credentials("secret")
    delist_instance_secret(credentials, client, types, START)
    assert credentials.calls == calls


@pytest.mark.parametrize(
    ("client", "types", "delisted_for", "calls"),
    [
        (OTHER, (SHARED,), WEEK - timedelta(seconds=1), ["relist"]),
        (OTHER, (SHARED,), WEEK, ["add"]),
        (OTHER, (OWN,), WEEK, []),
        (LISTING, (SHARED,), WEEK, []),
    ],
)
def test_a_type_that_returns_in_time_returns_with_its_secret(
    client: Client, types: tuple[str, ...], delisted_for: timedelta, calls: list[str]
) -> None:
    credentials: Any = Credentials("secret", START - delisted_for)
    relist_instance_secret(credentials, an_instance(client=client), types, START, WEEK)
    assert credentials.calls == calls
    assert (credentials.secret == "secret") == (calls != ["add"])
    assert credentials.secret is not None
