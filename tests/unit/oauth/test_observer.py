"""Several observers are called with the same decisions."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from broker.authentication.client import AuthenticatedClient
from broker.descriptor.model import CredentialType
from broker.errors import AuthenticationFailed
from broker.oauth.observer import Observers
from tests.support.instances import an_oauth_client


@dataclass
class Observer:
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def accepted(self, *what: Any) -> None:
        self.calls.append(("accepted", *what))

    def refused(self, *what: Any) -> None:
        self.calls.append(("refused", *what))

    def rejected(self, *what: Any) -> None:
        self.calls.append(("rejected", *what))

    def issued(self, *what: Any) -> None:
        self.calls.append(("issued", *what))


def test_each_observer_is_called_once_per_decision() -> None:
    client = AuthenticatedClient(an_oauth_client(), 5, CredentialType.X509, "5.tag")
    error = AuthenticationFailed("wrong secret")
    one, other = Observer(), Observer()
    both = Observers([one, other])
    both.accepted(client)
    both.refused(error)
    both.rejected("invalid_scope")
    both.issued("client_credentials", client)
    assert one.calls == other.calls
    assert one.calls == [
        ("accepted", client),
        ("refused", error),
        ("rejected", "invalid_scope"),
        ("issued", "client_credentials", client),
    ]
