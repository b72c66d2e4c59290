"""Scopes of a client: cached while neither it nor its zone's grants change (D-36)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from broker.tokens.client_authorities import Authorities
from tests.support.instances import ZONE, an_oauth_client


@dataclass
class Granted:
    """Grants to every client; records the queried clients."""

    scopes: tuple[str, ...] = ("other!t7.look", "uaa.resource")
    asked: list[int] = field(default_factory=list)

    def to(self, client_row_id: int) -> tuple[str, ...]:
        self.asked.append(client_row_id)
        return self.scopes


ACCEPTING = an_oauth_client(accepts_grants=True, authorities=("uaa.resource", "app!t7.read"))


def test_own_and_granted_scopes_are_sorted_and_named_once() -> None:
    assert Authorities(Granted()).of(ACCEPTING) == ("app!t7.read", "other!t7.look", "uaa.resource")


def test_a_client_that_accepts_no_grants_is_not_looked_up() -> None:
    granted = Granted()
    client = an_oauth_client(authorities=("b", "a"))
    assert Authorities(granted).of(client) == ("b", "a")
    assert granted.asked == []


def test_grants_are_read_again_when_an_epoch_advances_and_only_then() -> None:
    granted = Granted()
    authorities = Authorities(granted)
    authorities.of(ACCEPTING)
    granted.scopes = ()
    assert "other!t7.look" in authorities.of(ACCEPTING)
    assert granted.asked == [11]
    assert "other!t7.look" not in authorities.of(replace(ACCEPTING, epoch=2))
    granted.scopes = ("late!t7.look",)
    zone = replace(ZONE, grants_epoch=2)
    assert "late!t7.look" in authorities.of(replace(ACCEPTING, epoch=2, zone=zone))


def test_clients_do_not_share_cached_scopes() -> None:
    granted = Granted()
    authorities = Authorities(granted)
    authorities.of(ACCEPTING)
    authorities.of(replace(ACCEPTING, row_id=12))
    assert granted.asked == [11, 12]
