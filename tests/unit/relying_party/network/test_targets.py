"""Where the relying party may connect to (I-33, I-34, D-46, TH-10)."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.errors import ProviderUnavailable
from broker.relying_party.network.targets import Target, TargetRules

RULES = TargetRules()
DEV = TargetRules(allows_loopback=True)


def test_the_parts_of_a_url() -> None:
    assert RULES.target("https://Login.example.org/a?b=c") == Target(
        "https", "login.example.org", 443, "/a?b=c", is_proxied=False
    )
    assert RULES.target("https://login.example.org").path == "/"


@pytest.mark.parametrize(
    "url",
    [
        "http://login.example.org/",
        "http://localhost/",
        "ftp://login.example.org/",
        "file:///etc/passwd",
        "https://login.example.org:8443/",
        "https://user@login.example.org/",
        "https://10.0.0.1/",
        "https://[::1]:8443/",
        "https://2130706433/",
        "https://login.example.org\\@evil.example.org/",
        "https://login.example.org/\r\nHost: evil",
        "https://login.example.org/#a",
        "//login.example.org/",
        "",
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ProviderUnavailable):
        RULES.target(url)


def test_the_operator_adds_ports() -> None:
    assert TargetRules(ports=frozenset({8443})).target("https://a.example.org:8443/").port == 8443


def test_mode_dev_allows_this_machine() -> None:
    assert DEV.target("http://localhost:3000/").port == 3000
    assert DEV.target("http://[::1]/").port == 80
    DEV.require_address("127.0.0.1")
    with pytest.raises(ProviderUnavailable):
        DEV.target("http://login.example.org/")


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_public_addresses_are_allowed(address: str) -> None:
    RULES.require_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "2002:808:808::1",
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",  # noqa: S104 - an address of a peer
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.1",
        "192.0.0.9",
        "192.0.0.10",
        "::ffff:192.0.0.200",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "2002:a00:1::1",
        "2001:0:a00:1:0:0:f5ff:fffe",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "localhost",
        "",
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(ProviderUnavailable):
        RULES.require_address(address)


def test_the_operator_adds_networks() -> None:
    rules = TargetRules((ip_network("10.1.0.0/16"), ip_network("fd00::/64")))
    rules.require_address("10.1.2.3")
    rules.require_address("::ffff:10.1.2.3")
    rules.require_address("fd00::7")
    for address in ("10.2.0.1", "fd00:0:0:1::1", "127.0.0.1"):
        with pytest.raises(ProviderUnavailable):
            rules.require_address(address)


@given(st.ip_addresses())
def test_no_private_address_is_allowed_in_any_form(address: object) -> None:
    try:
        RULES.require_address(str(address))
    except ProviderUnavailable:
        return
    found = ip_address(str(address))
    if isinstance(found, IPv6Address):
        # A translated address is as public as the one it reaches; 6to4 and Teredo are refused.
        assert found.sixtofour is None
        assert found.teredo is None
        if found.ipv4_mapped or found in IPv6Network("64:ff9b::/96") or int(found) < 2**32:
            found = ip_address(int(found) & 0xFFFFFFFF)
    assert found.is_global
    assert not any((found.is_private, found.is_loopback, found.is_link_local, found.is_multicast))


def test_hosts_of_the_proxy() -> None:
    rules = TargetRules(proxied_hosts=("login.example.org", ".corp.example.org"))
    assert rules.target("https://login.example.org/").is_proxied
    assert rules.target("https://a.b.corp.example.org/").is_proxied
    for host in ("corp.example.org", "a.login.example.org", "evilcorp.example.org"):
        assert not rules.target(f"https://{host}/").is_proxied
