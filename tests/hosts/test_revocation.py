"""A revocation on one host is effective on all of them at once (D-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from tests.support.application import token_status
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.hosts import Hosts
    from tests.support.postgres import PrivatePostgres

EACH = 3


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

    hosts.servers[2].command("secrets", "revoke", instance, "--previous")
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
