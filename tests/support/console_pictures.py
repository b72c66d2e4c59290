"""A zone for pictures of the console: the same names, ids and times each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import select, update

from broker.console.table import PAGES
from broker.credentials.usage import DailyUse, Usage
from broker.store.credentials.usage import write_usage
from broker.store.credentials.usage_history import write_daily_count
from broker.store.tables.assignments import role_assignment
from broker.store.tables.core import client, credential, service_binding, service_instance
from broker.store.tables.usage import installation
from tests.support.console_world import ConsoleWorld
from tests.support.rights import assign, map_
from tests.support.users import stored_provider, stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain

DAYS: Final = 45
"""How long the zone exists."""

_SHARED, _OWN, _X509 = "instance-secret", "binding-secret", "x509"
_SECRET = {"credential-type": _SHARED}
_CERTIFICATE = {
    "credential-type": _X509,
    "x509": {"validity": 30, "validity-type": "DAYS"},
}
_CERTIFICATES: Final = (
    ("warehouse", "warehouse-srv", 29),
    ("warehouse", "scanner", 26),
    ("warehouse", "robot-key", 21),
    ("reports", "reports-srv", 14),
    ("bookshop", "mobile-key", 9),
)
"""Instance, binding, and how many days ago it was created."""


def an_id(name: str) -> str:
    """Return the GUID that a platform gives the object of this name."""
    return str(uuid5(NAMESPACE_URL, f"https://pictures.example.org/{name}"))


@dataclass
class PicturedWorld(ConsoleWorld):
    """Six applications on their way to credentials per binding, their users and roles."""

    def fill(self) -> None:
        """Create everything."""
        domain = self.domain
        with domain.engine.begin() as connection:
            connection.execute(update(installation).values(usage_since=domain.clock.now()))
        self._create("bookshop", _SHARED)
        self._create("orders", _SHARED)
        self._create("payments", _OWN, _SHARED)
        self._create("warehouse", _X509)
        self._create("reports", _X509, _OWN)
        self._create("legacy-portal", _SHARED)
        self._bind("orders", "orders-srv", _SECRET, is_app=True)
        for name in ("partner-key", "nightly-key"):
            self._bind("orders", name, _SECRET)
        self._bind("legacy-portal", "portal", _SECRET, is_app=True)
        for name in ("bookshop-srv", "bookshop-ui"):
            self._bind("bookshop", name, _SECRET, is_app=True)
        for name in ("payments-srv", "payments-job"):
            self._bind("payments", name, {}, is_app=True)
        self._bind("payments", "audit-key", {})
        for day in range(DAYS):
            if day == DAYS // 2:
                self._update("bookshop", _OWN, _X509, _SHARED)
                self._bind("bookshop", "bookshop-srv-2", {}, is_app=True)
            for name, binding, back in _CERTIFICATES:
                if day == DAYS - back:
                    self._bind(name, binding, _CERTIFICATE, is_app=not binding.endswith("key"))
            assert write_daily_count(domain.engine, domain.clock.now().date())
            domain.clock.advance(days=1)
        domain.clock.advance(hours=10, minutes=12)
        self._use()
        self._add_people()

    def _create(self, name: str, *types: str) -> None:
        self.domain.provision(
            an_id(name),
            _descriptor(name, types),
            context={
                "platform": "cloudfoundry",
                "organization_name": self.zone.subdomain,
                "instance_name": f"{name}-auth",
                "space_name": "production",
            },
        )

    def _update(self, name: str, *types: str) -> None:
        self.domain.update(an_id(name), _descriptor(name, types))

    def _bind(
        self, name: str, binding: str, parameters: Mapping[str, Any], *, is_app: bool = False
    ) -> None:
        app_guid = an_id(f"app {binding}") if is_app else None
        self.domain.bind(an_id(name), an_id(binding), dict(parameters), app_guid=app_guid)

    def _use(self) -> None:
        """Record uses of all credentials: each its own number per day."""
        query = (
            select(
                credential.c.id,
                service_instance.c.name,
                service_binding.c.binding_id,
                credential.c.created_at,
            )
            .join(client, client.c.id == credential.c.client_row_id)
            .join(service_instance, service_instance.c.client_row_id == client.c.id)
            .outerjoin(service_binding, service_binding.c.id == credential.c.binding_row_id)
            .where(service_instance.c.name.is_not(None))
        )
        with self.domain.engine.connect() as connection:
            rows = connection.execute(query).all()
        now = self.domain.clock.now()
        counts = {
            row.id: _usage(row.name, row.binding_id or "", row.created_at, now) for row in rows
        }
        assert (
            write_usage(self.domain.engine, {k: each for k, each in counts.items() if each}) == {}
        )

    def _add_people(self) -> None:
        stored_provider(self.domain, self.zone, "company", "Company login")
        now, logons = self.domain.clock.now(), (4, 26, 190, 700, None)
        for index, (given, family) in enumerate(_PEOPLE):
            name = f"{given}.{family}".lower()
            hours = logons[index % len(logons)]
            user = stored_user(
                self.domain,
                self.zone,
                name,
                user_id=an_id(name),
                email=f"{name}@example.org",
                given_name=given,
                family_name=family,
                origin="company" if index % 3 else "sap.default",
                is_active=index != len(_PEOPLE) - 2,
                last_logon_at=now - timedelta(hours=hours) if hours else None,
            )
            if index % 2 == 0:
                assign(self.domain, user, "bookshop readers")
        clerk, admin = self.clerk, self.people["admin"].name
        assign(self.domain, clerk, "Subaccount Viewer")
        assign(
            self.domain,
            clerk,
            "payments readers",
            expires_at=now + timedelta(days=30),
        )
        remote = replace(clerk, origin="company")
        map_(self.domain, remote, "orders readers", "Groups", "sales")
        map_(self.domain, remote, "bookshop readers", "Groups", "everyone")
        with self.domain.engine.begin() as connection:
            connection.execute(update(role_assignment).values(created_by=admin))

    @cached_property
    def clerk(self) -> User:
        """The user of the pictures."""
        found = self.domain.transactions.read(lambda store: store.users.find(an_id("anna.berg")))
        assert found is not None
        return found

    @property
    def questions(self) -> Mapping[str, Mapping[str, str]]:
        """Why the user of the pictures may not change books, and who may read them."""
        read, change = ({"client": "bookshop", "scope": each} for each in ("read", "write"))
        user = {"user": self.clerk.name, "origin": self.clerk.origin}
        return {"access.explain": {**user, **change}, "access.holders": read}

    @property
    def values(self) -> Mapping[str, str]:
        """The values of parameters, of the objects in the pictures."""
        return {
            **super().values,
            "user_id": self.clerk.user_id,
            "instance_id": an_id("bookshop"),
            "binding": an_id("bookshop-srv-2"),
            "name": "bookshop readers",
            "collection": "bookshop readers",
        }


_PEOPLE: Final = (
    ("Anna", "Berg"),
    ("Ben", "Okafor"),
    ("Clara", "Novak"),
    ("Deniz", "Yilmaz"),
    ("Elif", "Schneider"),
    ("Frank", "Lindqvist"),
    ("Grace", "Moreau"),
    ("Hugo", "Ferreira"),
    ("Ines", "Kowalski"),
)


def _descriptor(name: str, types: tuple[str, ...]) -> dict[str, Any]:
    scopes = [f"$XSAPPNAME.{each}" for each in ("read", "write")]
    return {
        "xsappname": name,
        "scopes": [{"name": each} for each in scopes],
        "role-templates": [
            {"name": "Reader", "description": "Shows data", "scope-references": scopes[:1]},
            {"name": "Editor", "description": "Changes data", "scope-references": scopes},
        ],
        "role-collections": [
            {
                "name": f"{name} {word}",
                "description": f"{description} in {name}",
                "role-template-references": [f"$XSAPPNAME.{template}" for template in templates],
            }
            for word, description, templates in (
                ("readers", "Sees everything", ("Reader",)),
                ("editors", "Sees and changes everything", ("Reader", "Editor")),
            )
        ],
        "oauth2-configuration": {"credential-types": list(types)},
    }


def _usage(name: str, binding: str, since: datetime, now: datetime) -> Usage | None:
    """Return uses with a pattern of weeks; credentials without use have none."""
    seed = sum(map(ord, f"{name} {binding}"))
    if seed % 7 == 0:
        return None
    first = max(since.date(), now.date() - timedelta(days=29))
    last = now - timedelta(minutes=seed % 900)
    days: dict[int, DailyUse] = {}
    for ordinal in range(first.toordinal(), last.date().toordinal() + 1):
        is_weekend = date.fromordinal(ordinal).weekday() > 4
        number = (seed % 40 + 5) * (1 if is_weekend else 4) + seed * ordinal % 23
        days[ordinal] = DailyUse(number, ordinal % 9 // 8 * (seed % 3))
    latest = last.date().toordinal()
    return Usage(
        accepted=sum(each.accepted for each in days.values()),
        refused=sum(each.refused for each in days.values()),
        last_used_at=last,
        day=latest,
        other_days={ordinal: each for ordinal, each in days.items() if ordinal != latest},
    )


def pictured_world(domain: Domain) -> PicturedWorld:
    """Return the zone with everything in it."""
    world = PicturedWorld(domain)
    world.fill()
    for page in PAGES:
        world.url(page)  # creates what the page is about, whichever is opened first
    return world
