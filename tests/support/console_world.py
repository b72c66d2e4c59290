"""The console on the database of a ``Domain``: one person for each role, and data in each list."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from sqlalchemy import select

from broker.audit.actor import Actor, ActorKind
from broker.audit.event import Action, AuditEvent, Outcome, Subject, SubjectKind
from broker.authorization.collections.built_in import operator_zone
from broker.authorization.collections.model import RoleKey
from broker.authorization.collections.names import ADMINISTRATORS, OPERATORS, VIEWERS
from broker.authorization.collections.zone_collections import ZoneCollections
from broker.store.tables.core import audit_event, signing_key
from tests.support import findings
from tests.support.domain import OPERATOR
from tests.support.login_service import Logins
from tests.support.passwords import PASSWORD, set_fast_password
from tests.support.rights import assign, map_
from tests.support.user_grants import a_descriptor
from tests.support.users import NOW, stored_provider, stored_user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.console.page import Page
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain
    from tests.support.visitors import Reply, Visitor

PEOPLE: Final = ("operator", "admin", "auditor", "nobody", "stranger")
"""Operator; administrator, auditor and a user without role of the zone; another zone's admin."""

_CHANGING = frozenset({"describe", "add_role", "remove_role", "delete"})
_COLLECTIONS = {"admin": ADMINISTRATORS, "auditor": VIEWERS, "stranger": ADMINISTRATORS}


@dataclass
class ConsoleWorld:
    """The zone of an application; ``hostile`` is part of every text of the zone that it can be."""

    domain: Domain
    hostile: str = ""

    @cached_property
    def logins(self) -> Logins:
        """The application of the framework, and the zone's application ``app``."""
        return Logins(self.domain, has_console=True)

    @cached_property
    def zone(self) -> Zone:
        """The zone."""
        return self.logins.grants.client.client.zone

    @cached_property
    def foreign_zone(self) -> Zone:
        """The zone of the stranger."""
        return self.domain.provision("elsewhere", organization_guid="other").instance.client.zone

    @cached_property
    def operators(self) -> Zone:
        """The operator's zone."""

        def prepared(store: object) -> Zone:
            zone = operator_zone(store)  # type: ignore[arg-type]  # all repositories
            store.built_in.ensure(zone)  # type: ignore[attr-defined]
            return zone

        return self.domain.transactions.run(prepared)

    @cached_property
    def user(self) -> User:
        """A user of the zone with the application's role collection."""
        user = stored_user(
            self.domain,
            self.zone,
            f"ben{self.hostile}",
            email=f"ben{self.hostile}@example.org",
            given_name=f"Ben{self.hostile}",
            family_name=f"Example{self.hostile}",
        )
        assign(self.domain, user, "app readers")
        map_(self.domain, replace(user, origin="idp"), "app readers", **self.texts)
        return user

    @cached_property
    def binding(self) -> str:
        """A binding of the instance ``app`` with a credential of its own."""
        zone = self.zone  # creates the instance
        types = {"credential-types": ["binding-secret", "x509", "instance-secret"]}
        self.domain.update(
            "app",
            a_descriptor("app") | {"oauth2-configuration": types},
            context={
                "platform": "cloudfoundry",
                "organization_name": zone.subdomain,
                "instance_name": f"instance{self.hostile}",
            },
        )
        binding_id = f"own{self.hostile}"
        self.domain.bind("app", binding_id, app_guid=f"guid{self.hostile}")
        return binding_id

    @cached_property
    def applicant(self) -> str:
        """An application that waits for an approval, beside a finding of each other kind."""
        assert self.binding  # its instance lists all types
        findings.count_since(self.domain)
        findings.expiring(self.domain, "app", f"expiring{self.hostile}")
        findings.unused(self.domain, "app", f"unused{self.hostile}")
        findings.refer(self.domain, "wanting", "wanting", "missing")
        client_id = self.domain.instance("app").client.client_id
        findings.refuse(
            self.domain,
            (client_id, f"wrong secret{self.hostile}", 3),
            (f"sb-{self.hostile}", "unknown client or no such credential", 2),
        )
        return findings.request(self.domain, "applicant", "applicant", "xs_user.read")

    @cached_property
    def kid(self) -> str:
        """The id of the signing key."""
        with self.domain.engine.connect() as connection:
            return str(connection.execute(select(signing_key.c.kid)).scalars().one())

    @cached_property
    def provider(self) -> str:
        """The origin of the zone's identity provider."""
        stored_provider(self.domain, self.zone, "idp", f"Provider{self.hostile}")
        return "idp"

    @cached_property
    def user_without_role(self) -> User:
        """A user of the zone with an ended assignment; another collection has the scope."""
        client, zone = self.logins.grants.client.client, self.zone
        user = stored_user(self.domain, zone, f"eve{self.hostile}", is_active=False)
        assign(self.domain, user, "app readers", expires_at=NOW)
        ZoneCollections(self.domain.transactions).create(
            OPERATOR,
            zone.guid,
            f"more{self.hostile}",
            None,
            [RoleKey(client.app_id, "Reader", "Reader")],
        )
        return user

    @property
    def questions(self) -> Mapping[str, Mapping[str, str]]:
        """What the pages about access are asked, by the name of the page."""
        named = {"client": self.logins.grants.client.client.client_id, "scope": "read"}
        user_id = self.user_without_role.user_id
        return {"access.explain": {"user": user_id, **named}, "access.holders": named}

    @cached_property
    def event(self) -> str:
        """The id of an audit event about the user, with a refused change of texts."""
        user, changed = self.user, {"email": f"new{self.hostile}", "lone": "\ud800"}
        event = AuditEvent(
            Action.UPDATE_USER,
            Actor(
                ActorKind.USER,
                self.people["admin"].user_id,
                identity={"client": f"sb{self.hostile}"},
                correlation_id=f"c{self.hostile}",
            ),
            Subject(SubjectKind.USER, user.user_id),
            self.domain.clock.now(),
            {
                "reason": f"no{self.hostile}",
                "changed": changed,
                "previous": {"email": user.email},
                "collection": f"c{self.hostile}",
                f"key{self.hostile}": [1, None],
            },
            Outcome.REFUSED,
            self.zone.guid,
            "app",
            self.binding,
        )
        self.domain.transactions.run(lambda store: store.audit.append(event))
        with self.domain.engine.connect() as connection:
            found = select(audit_event.c.id).where(audit_event.c.outcome == Outcome.REFUSED)
            return str(connection.execute(found).scalars().one())

    @cached_property
    def custom(self) -> str:
        """A role collection that an administrator made, with the application's role."""
        name, role = f"custom{self.hostile}", RoleKey(self.app_id, "Reader", "Reader")
        ZoneCollections(self.domain.transactions).create(
            OPERATOR, self.zone.guid, name, f"about{self.hostile}", [role]
        )
        return name

    @property
    def app_id(self) -> str:
        """The id of the application ``app``."""
        return self.logins.grants.client.client.app_id

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts of forms and URLs that are no ids."""
        return {"attribute": "Groups", "value": f"readers{self.hostile}"}

    @property
    def values(self) -> Mapping[str, str]:
        """The values of the parameters of paths and queries, by name."""
        return {
            "zone": self.zone.guid,
            "user_id": self.user.user_id,
            "instance_id": "app",
            "binding": self.binding,
            "applicant": self.applicant,
            "kid": self.kid,
            "event": self.event,
            "name": "app readers",
            "collection": "app readers",
            "origin": self.provider,
            **self.texts,
        }

    @cached_property
    def people(self) -> Mapping[str, User]:
        """The users by role, each with the usual password."""
        return {name: self._person(name) for name in PEOPLE}

    def url(self, page: Page) -> str:
        """Return the URL of a page about the objects of this world."""
        asked = self.questions.get(page.name, {}) if page.name.startswith("access.") else {}
        values = {**self.values, **self._values_of_custom(page)}
        query = urlencode({**{name: values[name] for name in page.query}, **asked})
        path = page.url(**{name: quote(each, safe="") for name, each in values.items()})
        return f"{path}?{query}" if query else path

    def _values_of_custom(self, page: Page) -> Mapping[str, str]:
        """Return the values of pages that change role collections, which declared ones refuse."""
        if page.name.partition(".")[2] not in _CHANGING:
            return {}
        return {"name": self.custom, "app": self.app_id, "template": "Reader", "role": "Reader"}

    def enter(self, name: str) -> Visitor:
        """Return the browser of this person, who has logged in to the console."""
        visitor = self.logins.visitor()
        reply = self.log_in(visitor, name, "/console")
        assert (reply.status, reply.headers["Location"]) == (303, "/console"), reply.text
        assert visitor.get("/console").status == 200
        return visitor

    def log_in(self, visitor: Visitor, name: str, to: str) -> Reply:
        """Log the person in and return the response to the login form."""
        user = self.people[name]
        asked = {"as": "operator"} if name == "operator" else {"zone": user.zone.guid}
        page = visitor.get("/console/login", **asked, to=to)
        assert page.is_login_page, page.text
        return visitor.log_in(page, user.name, PASSWORD)

    def _person(self, name: str) -> User:
        zones = {"operator": self.operators, "stranger": self.foreign_zone}
        user = stored_user(self.domain, zones.get(name, self.zone), name)
        set_fast_password(self.domain, user)
        if name == "operator":
            assign(self.domain, user, OPERATORS)
        elif name in _COLLECTIONS:
            assign(self.domain, user, _COLLECTIONS[name])
        return user
