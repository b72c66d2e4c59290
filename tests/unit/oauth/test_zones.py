"""The zone that a request without a client names; it must exist."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from flask import Flask

from broker.errors import GrantRefused, ZoneNotFound
from broker.ids import is_canonical_guid
from broker.oauth.zones import RequestZone
from tests.support.domain import ADDRESSES
from tests.support.instances import ZONE

APP = Flask(__name__)
ADDRESSED = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")


@dataclass
class Zones:
    """Zone 7; records lookups."""

    asked: list[str] = field(default_factory=list)

    def has_guid(self, guid: str) -> bool:
        self.asked.append(guid)
        return guid == ZONE.guid

    def has_subdomain(self, subdomain: str) -> bool:
        self.asked.append(subdomain)
        return subdomain == ZONE.subdomain


@pytest.mark.parametrize(
    ("host", "subdomain"),
    [
        ("zone-7.uaa.example.org", "zone-7"),
        ("Zone-7.uaa.example.org:8080", "zone-7"),
        ("uaa.example.org", None),
        ("localhost", None),
    ],
)
def test_the_host_names_a_zone_or_the_shared_host(host: str, subdomain: str | None) -> None:
    with APP.test_request_context("/", headers={"Host": host}):
        assert RequestZone(ADDRESSED, Zones()).subdomain() == subdomain


@pytest.mark.parametrize("label", ["zone-8", "zone_7", "x" * 64, "ä"])
def test_an_unknown_zone_is_not_found(label: str) -> None:
    zones = Zones()
    with (
        APP.test_request_context("/", headers={"Host": f"{label}.uaa.example.org"}),
        pytest.raises(ZoneNotFound),
    ):
        RequestZone(ADDRESSED, zones).subdomain()
    assert zones.asked == (["zone-8"] if label == "zone-8" else [])


@pytest.mark.parametrize("query", ["/", "/?zid=", f"/?zid={ZONE.guid}"])
def test_the_parameter_may_be_absent_or_name_a_zone(query: str) -> None:
    with APP.test_request_context(query):
        RequestZone(ADDRESSED, Zones()).require_known_zid()


@pytest.mark.parametrize(
    "zid", ["x", ZONE.guid.upper(), "0a1b2c3d-0000-4000-8000-000000000008", f"{ZONE.guid}'"]
)
def test_another_zid_is_refused(zid: str) -> None:
    zones = Zones()
    with (
        APP.test_request_context("/", query_string={"zid": zid}),
        pytest.raises(GrantRefused) as refused,
    ):
        RequestZone(ADDRESSED, zones).require_known_zid()
    assert refused.value.code == "invalid_request"
    assert zones.asked == ([zid] if is_canonical_guid(zid) else [])
