"""The zone that an option names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.cli.identity.zone_option import recorded_zone_guid, zone_overview
from broker.cli.installation import load_settings
from broker.errors import NotFound

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_a_zone_is_found_by_index_guid_and_subdomain(command_line: CommandLine) -> None:
    zone = command_line.domain.provision("i").instance.client.zone
    settings = load_settings()
    for text in ("1", zone.guid, zone.subdomain):
        assert zone_overview(settings, text).zone.guid == zone.guid
        assert recorded_zone_guid(settings, text) == zone.guid
    for text in ("2", "zone-2", UNKNOWN):
        with pytest.raises(NotFound, match=f"There is no zone {text}; the command zones list"):
            zone_overview(settings, text)


def test_events_may_have_the_guid_of_a_zone_that_no_list_has(command_line: CommandLine) -> None:
    command_line.domain.provision("i")
    assert recorded_zone_guid(load_settings(), UNKNOWN) == UNKNOWN
    with pytest.raises(NotFound, match="There is no zone 2;"):
        recorded_zone_guid(load_settings(), "2")
