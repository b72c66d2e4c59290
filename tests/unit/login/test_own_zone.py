"""The zone of pages without an application: host, parameter, or the only session."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from flask import Flask

from broker.errors import ZoneNotFound
from broker.identity.zone import OPERATOR_INDEX
from broker.login.own_zone import OwnZone, ZoneNotNamed
from tests.support.domain import ADDRESSES
from tests.support.users import A_ZONE, a_user

if TYPE_CHECKING:
    from broker.identity.zone import Zone

APP = Flask(__name__)
SHARED, OF_ZONE, OF_OTHER = "uaa.example.org", "zone-1.uaa.example.org", "zone-9.uaa.example.org"


OPERATORS = replace(A_ZONE, index=OPERATOR_INDEX, guid=str(uuid4()), subdomain="_operator")


@dataclass
class Session:
    user: Any


class Browser:
    """A browser with sessions of these zones."""

    has_operator = False
    addresses = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")

    def __init__(self, host: str, sessions: int) -> None:
        self._host, self.sessions = host, sessions

    def subdomain(self) -> str | None:
        return self.addresses.zone_named_by(self._host)

    def session_numbered(self, zone_index: int) -> Session | None:
        assert zone_index == OPERATOR_INDEX
        return Session(a_user(OPERATORS)) if self.has_operator else None

    def all_sessions(self) -> list[Session]:
        return [Session(a_user())] * self.sessions


class Store:
    """One zone."""

    @property
    def zones(self) -> Store:
        return self

    def read(self, work: Any) -> Any:
        return work(self)

    def named(self, name: str) -> Zone | None:
        assert len(name) <= 64
        return A_ZONE if name in {"zone-1", A_ZONE.guid} else None


def found(host: str, query: str = "", sessions: int = 0) -> Zone:
    browser: Any = Browser(host, sessions)
    store: Any = Store()
    with APP.test_request_context(f"/?{query.replace('GUID', A_ZONE.guid)}"):
        return OwnZone(browser, store)()


@pytest.mark.parametrize(
    ("host", "query", "sessions"),
    [
        (OF_ZONE, "", 0),
        (OF_ZONE, "zone=zone-9", 0),
        (SHARED, "zone=zone-1", 0),
        (SHARED, "zone=GUID", 2),
        (SHARED, "", 1),
    ],
)
def test_the_zone(host: str, query: str, sessions: int) -> None:
    assert found(host, query, sessions) == A_ZONE


@pytest.mark.parametrize(
    ("host", "query", "sessions"),
    [
        (OF_OTHER, "", 1),
        (SHARED, "zone=zone-9", 1),
        (SHARED, "zone=" + "z" * 5000, 0),
    ],
)
def test_no_zone(host: str, query: str, sessions: int) -> None:
    with pytest.raises(ZoneNotFound):
        found(host, query, sessions)


def test_the_operators_zone_exists_only_for_its_own_sessions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """D-56: by its GUID, which no other page shows."""
    query = f"zone={OPERATORS.guid}"
    with pytest.raises(ZoneNotFound):
        found(SHARED, query)
    monkeypatch.setattr(Browser, "has_operator", True)
    assert found(SHARED, query) == OPERATORS
    for name in ("_operator", "0", "zone-9"):
        with pytest.raises(ZoneNotFound):
            found(SHARED, f"zone={name}")


@pytest.mark.parametrize("sessions", [0, 2])
def test_several_zones(sessions: int) -> None:
    with pytest.raises(ZoneNotNamed) as refused:
        found(SHARED, sessions=sessions)
    assert len(refused.value.users) == sessions
