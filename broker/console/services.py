"""The services of the domain that the handlers call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from broker.authorization.views.overview import CollectionOverviews
    from broker.authorization.views.zones import ListZones


@dataclass(frozen=True, slots=True)
class Services:
    """One attribute for each service."""

    zones: ListZones
    collection_overviews: CollectionOverviews
