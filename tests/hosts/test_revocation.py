"""A revocation on one host is effective on all of them at once (D-03, D-59)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
import requests

from tests.support.application import claims_of, fetch_token, token_status
from tests.support.people import PASSWORD, displaying_users, people_of
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.hosts import Hosts
    from tests.support.postgres import PrivatePostgres
    from tests.support.server import Server

EACH = 3
USER = "(the user)"


def statuses(hosts: Hosts, credentials: Credentials) -> set[int]:
    """Request tokens from every host several times; return the statuses."""
    return {
        token_status(credentials | {"url": server.url})
        for server in hosts.servers
        for _ in range(EACH)
    }


def platform_of(hosts: Hosts, number: int) -> PlatformClient:
    """Return a platform that calls only this host."""
    return PlatformClient(hosts.servers[number].url, hosts.user, hosts.password)


def test_a_key_deleted_on_one_host_is_refused_on_all(hosts: Hosts) -> None:
    instance = a_guid()
    types = credential_types("binding-secret")
    assert platform_of(hosts, 0).provision(instance, a_descriptor(oauth2_configuration=types)).ok
    for number in range(3):
        key = a_guid()
        bound = platform_of(hosts, number).bind(instance, key).json()["credentials"]
        assert statuses(hosts, bound) == {200}
        assert platform_of(hosts, (number + 1) % 3).unbind(instance, key).ok
        assert statuses(hosts, bound) == {401}


def test_a_type_delisted_on_one_host_is_refused_on_all_also_during_an_overlap(
    hosts: Hosts,
) -> None:
    instance = a_guid()
    descriptor = a_descriptor()
    platform = platform_of(hosts, 0)
    assert platform.provision(instance, descriptor).ok
    old = platform.bind(instance, a_guid()).json()["credentials"]
    hosts.servers[1].command("secrets", "rotate", instance, "--overlap", "7d")
    new = platform.bind(instance, a_guid()).json()["credentials"]
    assert statuses(hosts, old) == {200}
    assert statuses(hosts, new) == {200}

    hosts.servers[2].command("secrets", "revoke", instance)
    assert statuses(hosts, old) == {401}
    assert statuses(hosts, new) == {200}

    only = {"oauth2-configuration": credential_types("binding-secret")}
    assert platform_of(hosts, 1).update(instance, descriptor | only).ok
    assert statuses(hosts, new) == {401}


def test_revocation_holds_after_all_connections_were_lost(
    hosts: Hosts, postgres: PrivatePostgres
) -> None:
    instance, deleted, kept = a_guid(), a_guid(), a_guid()
    types = credential_types("binding-secret")
    platform = platform_of(hosts, 0)
    assert platform.provision(instance, a_descriptor(oauth2_configuration=types)).ok
    keys = {name: platform.bind(instance, name).json()["credentials"] for name in (deleted, kept)}
    assert statuses(hosts, keys[deleted]) == {200}
    assert platform.unbind(instance, deleted).ok
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    assert statuses(hosts, keys[kept]) == {200}  # no effect on other credentials
    assert statuses(hosts, keys[deleted]) == {401}


class LoggedOn:
    """A user who displays and edits, in a zone of the test's own, with tokens of every host."""

    def __init__(self, hosts: Hosts) -> None:
        """Log on at every host."""
        self.servers = hosts.servers
        instance, organization = a_guid(), a_guid()
        platform, context = platform_of(hosts, 0), {"platform": "cloudfoundry"}
        collections = [
            {"name": name, "role-template-references": [f"$XSAPPNAME.{template}"]}
            for name, template in (("Viewers", "AnyViewer"), ("Editors", "Editor"))
        ]
        created = platform.provision(
            instance,
            displaying_users() | {"role-collections": collections},
            organization_guid=organization,
            context=context | {"organization_guid": organization},
        )
        assert created.status_code == 201, created.text
        bound = platform.bind(instance, a_guid(), {"credential-type": "binding-secret"})
        self.credentials: Credentials = bound.json()["credentials"]
        self.people = people_of(hosts.servers[0], self.credentials)
        self.user = self.people.create()
        for collection in ("Viewers", "Editors"):
            self.command("role-collections", "assign", collection, "--user", USER)
        self.tokens = [self.log_on(server).json() for server in self.servers]

    def command(self, *arguments: str) -> None:
        """Run a command about the user on the first host."""
        named = [self.user if each == USER else each for each in arguments]
        self.people.run_json(*named)

    def log_on(self, server: Server) -> requests.Response:
        """Use the password at this host."""
        return fetch_token(
            self.at(server), grant_type="password", username=self.user, password=PASSWORD
        )

    def refresh(self, server: Server) -> list[requests.Response]:
        """Use the refresh token of each host at this one."""
        return [
            fetch_token(
                self.at(server), grant_type="refresh_token", refresh_token=each["refresh_token"]
            )
            for each in self.tokens
        ]

    def introspect(self, server: Server) -> list[requests.Response]:
        """Introspect the access token of each host at this one."""
        client = self.credentials["clientid"], self.credentials["clientsecret"]
        form = [{"token": each["access_token"]} for each in self.tokens]
        url = f"{server.url}/introspect"
        return [requests.post(url, data=each, auth=client, timeout=30) for each in form]

    def at(self, server: Server) -> Credentials:
        """Return the credentials for requests to this host."""
        return self.credentials | {"url": server.url}

    def use(self) -> tuple[set[int], set[bool]]:
        """Return the statuses of refreshing, and whether the access tokens are active.

        The first request is to refresh on one host and to introspect on the next one.
        """
        statuses, active = set(), set()
        for number, server in enumerate(self.servers):
            for refreshes in (number % 2 == 0, number % 2 == 1):
                if refreshes:
                    statuses |= {each.status_code for each in self.refresh(server)}
                else:
                    active |= {each.json()["active"] for each in self.introspect(server)}
        return statuses, active

    def scopes(self) -> set[str]:
        """Return the application's scopes of new tokens; all hosts grant the same ones.

        The first request is to refresh on one host and to log on at the next one.
        """
        found = set()
        for number, server in enumerate(self.servers):
            if number % 2:
                responses = [self.log_on(server), *self.refresh(server)]
            else:
                responses = [*self.refresh(server), self.log_on(server)]
            found |= {" ".join(sorted(claims_of(each)["scope"])) for each in responses}
        [scopes] = found
        own = f"{self.credentials['xsappname']}."
        return {name.removeprefix(own) for name in scopes.split() if name.startswith(own)}


@pytest.mark.parametrize(
    ("command", "status_of_logon"),
    [
        (("users", "deactivate", USER, "--yes"), 401),
        (("users", "end-sessions", USER), 200),
        (("providers", "set", "sap.default", "--inactive"), 401),
    ],
    ids=["user", "sessions", "provider"],
)
def test_what_ends_a_users_tokens_ends_them_on_all_hosts(
    hosts: Hosts, command: tuple[str, ...], status_of_logon: int
) -> None:
    """D-59: access and refresh tokens of every host, from the next request on."""
    user = LoggedOn(hosts)
    assert user.use() == ({200}, {True})  # every host has cached what it can
    user.command(*command)
    assert user.use() == ({401}, {False})
    assert {user.log_on(server).status_code for server in user.servers} == {status_of_logon}


def test_a_withdrawn_role_collection_leaves_the_next_token_of_all_hosts(hosts: Hosts) -> None:
    """D-39, D-59: no host uses the rights that it cached before."""
    user = LoggedOn(hosts)
    assert user.scopes() == {"Display", "Edit"}
    user.command("role-collections", "unassign", "Editors", "--user", USER)
    assert user.scopes() == {"Display"}
    assert user.use() == ({200}, {True})
