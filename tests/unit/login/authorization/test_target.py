"""Client and redirect URI of a request (I-61 to I-64)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.authentication.former_zone import FormerZones
from broker.errors import ZoneNotFound
from broker.identity.client_settings import ClientSettings
from broker.login.authorization.client_host import HostMoved, HostsOfClients
from broker.login.authorization.target import FindTarget, Target
from broker.login.pages.errors import PageError
from broker.login.pages.problems import Problem
from broker.redirects.requested import RequestedRedirects
from tests.support.domain import ADDRESSES
from tests.support.rights import a_client
from tests.support.users import A_ZONE

ZONED = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
CLIENT = replace(
    a_client(A_ZONE, "app!t1"), client_id="sb-app!t1", grant_types=("authorization_code",)
)
URI = "https://app.example.org/cb"
HOST = "zone-1.uaa.example.org"


class World:
    """One client; records look-ups."""

    def __init__(self, *uris: str, client: Any = CLIENT) -> None:
        self.uris, self.client, self.looked_up = uris or (URI,), client, []
        part: Any = self
        hosts = HostsOfClients(ZONED, FormerZones(part))
        self.find = FindTarget(part, part, hosts, RequestedRedirects())

    looked_up: list[str]

    def with_client_id(self, client_id: str) -> Any:
        self.looked_up.append(client_id)
        return self.client if client_id == CLIENT.client_id else None

    def is_named(self, index: int, *, guid: str = "", subdomain: str = "") -> bool:
        return not guid and subdomain == f"zone-{index}"

    def of(self, client: Any) -> ClientSettings:
        assert client == self.client
        return ClientSettings(redirect_uris=self.uris)

    def target(self, host: str = HOST, **parameters: str) -> Target:
        return self.find({"client_id": "sb-app!t1", **parameters}, host)

    def problem(self, host: str = HOST, **parameters: str) -> PageError:
        with pytest.raises(PageError) as refused:
            self.target(host, **parameters)
        return refused.value


def test_a_registered_uri() -> None:
    found = World("https://*.example.org/cb").target(redirect_uri=URI, state="s")
    assert (found.client, found.uri, found.given_uri, found.state) == (CLIENT, URI, URI, "s")
    assert found.application == "app"


def test_a_request_without_uri() -> None:
    """I-64: the only one without wildcard; the exchange then has no parameter either."""
    found = World().target()
    assert (found.uri, found.given_uri, found.state) == (URI, None, None)
    for uris in ((URI, f"{URI}2"), ("https://*.example.org/cb",)):
        refused = World(*uris).problem()
        assert (refused.problem, refused.status) == (Problem.REDIRECT, 400)
        assert "missing redirect_uri" in str(refused)


@pytest.mark.parametrize(
    "client_id", ["sb-other!t1", "x", "<script>", "sb-app!t1\n", "s" * 5000, "é"]
)
def test_an_unknown_client(client_id: str) -> None:
    """I-61; a text that is no client id is not looked up, and shown cut."""
    world = World()
    refused = world.problem(client_id=client_id)
    assert (refused.problem, refused.status) == (Problem.UNKNOWN_APPLICATION, 400)
    assert str(refused).startswith("No client with requested id: ")
    assert len(str(refused)) < 100
    assert world.looked_up in ([], ["sb-other!t1"])


def test_a_request_without_client() -> None:
    with pytest.raises(PageError) as refused:
        World().find({}, HOST)
    assert refused.value.problem is Problem.UNKNOWN_APPLICATION


@pytest.mark.parametrize("host", ["zone-2.uaa.example.org", "ZONE-2.uaa.example.org:443"])
def test_the_host_of_another_zone(host: str) -> None:
    """I-62, before anything of the client is revealed."""
    with pytest.raises(ZoneNotFound):
        World(client=replace(CLIENT, grant_types=())).target(host)


def test_the_host_of_the_zone_before_a_split() -> None:
    """D-53: ``url`` in bindings from before the split names it."""
    world = World(client=replace(CLIENT, app_id="app!t7"))
    with pytest.raises(HostMoved) as moved:
        world.target("zone-7.uaa.example.org", redirect_uri=URI)
    assert moved.value.origin == "https://zone-1.uaa.example.org"
    with pytest.raises(ZoneNotFound):
        world.target("zone-8.uaa.example.org", redirect_uri=URI)
    assert world.target(redirect_uri=URI).uri == URI


@pytest.mark.parametrize("host", ["uaa.example.org", HOST, HOST.upper(), "anything.example.org"])
def test_other_hosts_name_no_zone(host: str) -> None:
    assert World().target(host).client == CLIENT


def test_a_client_without_the_grant() -> None:
    """I-63."""
    refused = World(client=replace(CLIENT, grant_types=("password",))).problem(redirect_uri="x")
    assert (refused.problem, refused.status) == (Problem.NO_BROWSER_LOGON, 400)


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example.org/other",
        "https://app.example.org@evil.example.org/cb",
        "https://evil.example.org/cb",
        f"{URI}?code=x",
        f"{URI}#fragment",
        f" {URI}",
        "javascript:alert(1)",
        "/cb",
        "x" * 3000,
    ],
)
def test_a_uri_that_is_not_registered(uri: str) -> None:
    """I-64, TH-01, TH-03."""
    refused = World().problem(redirect_uri=uri)
    assert (refused.problem, refused.status) == (Problem.REDIRECT, 400)
