"""Master key and data keys replaced on three hosts under load: no request fails (D-12)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from broker.runtime.state_directory import new_master_key
from tests.hosts.steady_load import Load
from tests.operations.load import platform_calls, token_calls
from tests.operations.processes import await_that
from tests.support.application import token_status
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types

if TYPE_CHECKING:
    from tests.support.application import Credentials
    from tests.support.hosts import Hosts

TYPES = credential_types("instance-secret", "binding-secret")


def test_data_keys_are_replaced_without_a_failed_request(hosts: Hosts) -> None:
    """Rotate, reseal until no value needs the old data keys, retire them."""
    platform = PlatformClient(hosts.url, hosts.user, hosts.password)
    instance, shared, own = instance_with_keys(platform)
    wish = {"credential-type": "binding-secret", "hide-secret": True}
    assert platform.bind(instance, a_guid(), wish).ok
    before = {key["id"] for key in keys_of(hosts)}
    command = hosts.servers[0].command
    with Load(hosts, [token_calls(shared), token_calls(own), platform_calls(hosts)]) as load:
        command("data-keys", "rotate")
        await_that(lambda: resealed(hosts, before), "everything on new keys")
        hosts.servers[1].command("secrets", "rotate", instance, "--overlap", "1h")
        retired = command("data-keys", "retire", "--superseded-for", "0").stdout
    assert load.problems() == []
    assert "Deleted 1 data key" in retired  # the sealing key
    assert "values use it" in retired  # the digest key of the hidden secret
    assert all_hosts_accept(hosts, shared)
    assert all_hosts_accept(hosts, own)


@pytest.mark.soak
def test_a_master_key_is_replaced_without_a_failed_request(hosts: Hosts) -> None:
    """Append it on all hosts, move it to the front on all hosts, rewrap, remove the old key."""
    platform = PlatformClient(hosts.url, hosts.user, hosts.password)
    _, shared, own = instance_with_keys(platform)
    old, new = hosts.master_key, new_master_key()
    with Load(hosts, [token_calls(shared), token_calls(own), platform_calls(hosts)]) as load:
        for master_keys in (f"{old},{new}", f"{new},{old}"):
            for server in hosts.servers:
                hosts.restart(server, XSUAA_MASTER_KEYS=master_keys)
        count = len(keys_of(hosts))
        rewrapped = hosts.servers[0].command("data-keys", "rewrap").stdout
        assert f"Rewrapped {count} data keys." in rewrapped
        for server in hosts.servers:
            hosts.restart(server, XSUAA_MASTER_KEYS=new)
    assert load.problems() == []
    assert {key["master_key"] for key in keys_of(hosts)} == {new.partition(":")[0]}
    assert all_hosts_accept(hosts, shared)
    assert all_hosts_accept(hosts, own)


def instance_with_keys(platform: PlatformClient) -> tuple[str, Credentials, Credentials]:
    """Return an instance, its instance secret and a binding secret."""
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
    shared = platform.bind(instance, a_guid()).json()["credentials"]
    wish = {"credential-type": "binding-secret"}
    own = platform.bind(instance, a_guid(), wish).json()["credentials"]
    return instance, shared, own


def all_hosts_accept(hosts: Hosts, credentials: Credentials) -> bool:
    """Request a token from each host."""
    urls = [server.url for server in hosts.servers]
    return {token_status(credentials | {"url": url}) for url in urls} == {200}


def keys_of(hosts: Hosts) -> list[dict[str, Any]]:
    """Return the keys that the command lists."""
    keys: list[dict[str, Any]] = json.loads(
        hosts.servers[0].command("data-keys", "list", "--json").stdout
    )
    return keys


def resealed(hosts: Hosts, before: set[str]) -> bool:
    """Reseal; return whether only the hidden secret needs one of the old keys."""
    done = hosts.servers[2].command("data-keys", "reseal")
    assert "Resealing" in done.stderr
    return sum(int(key["uses"]) for key in keys_of(hosts) if key["id"] in before) <= 1
