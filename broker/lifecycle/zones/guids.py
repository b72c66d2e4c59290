"""Zones whose GUID may be that of another tenant (D-53)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from broker.identity.zone import ANY_PLATFORM, ZoneKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from broker.identity.zone import ZoneDirectory, ZoneOverview

_NAME_BASED = 8
"""How many name-based GUIDs of a key are compared; each further one needs as many collisions."""


@dataclass(frozen=True, slots=True)
class SuspiciousGuid:
    """A zone, and the reasons why its GUID is suspicious, as clauses."""

    overview: ZoneOverview
    reasons: Sequence[str]


def suspicious_guids(
    directory: ZoneDirectory, zones: Sequence[ZoneOverview]
) -> Iterator[SuspiciousGuid]:
    """Yield the zones with a suspicious GUID, in the order of ``zones``, which are all zones.

    Suspicious is a GUID that is not name-based and that neither the default platform nor a rule
    gave, and the GUIDs of two zones of which one has the GUID that is given to the other.
    """
    given = [directory.given_guid(each.platform, each.external_key) for each in zones]
    holders = {each.zone.guid: each for each in zones}
    claimants = defaultdict[str, list["ZoneOverview"]](list)
    for each, guid in zip(zones, given, strict=True):
        if guid != each.zone.guid:
            claimants[guid].append(each)
    for each, guid in zip(zones, given, strict=True):
        reasons = []
        if not _is_explained(each, guid):
            reasons.append(f"an earlier version adopted it from platform {each.platform}")
        reasons += [
            f"{_giver(other)} gives it to zone {other.zone.index}"
            for other in claimants[each.zone.guid]
        ]
        if guid != each.zone.guid and guid in holders:
            holder = holders[guid].zone.index
            reasons.append(f"{_giver(each)} gives the zone {guid}, the GUID of zone {holder}")
        if reasons:
            yield SuspiciousGuid(each, reasons)


def _is_explained(zone: ZoneOverview, given: str) -> bool:
    # The rule that gave a zone its GUID may have been changed or removed since.
    if zone.platform == ANY_PLATFORM or zone.zone.guid == given:
        return True
    name_based = ZoneKey(zone.platform, zone.external_key).guids()
    return zone.zone.guid in islice(name_based, _NAME_BASED)


def _giver(zone: ZoneOverview) -> str:
    return "a rule" if zone.platform == ANY_PLATFORM else f"platform {zone.platform}"
