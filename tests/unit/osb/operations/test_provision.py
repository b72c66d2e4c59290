"""Organization and space of a provision (OSB-PROV-05, OSB-PROV-06, OSB-CTX-03)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.errors import InvalidRequest
from broker.osb.body import Message
from broker.osb.operations.provision import place

GUIDS: dict[str, Any] = {"organization_guid": "o", "space_guid": "s"}
KUBERNETES = {"platform": "kubernetes", "namespace": "n", "clusterid": "c"}


@pytest.mark.parametrize(
    ("members", "context"),
    [(GUIDS, {}), ({}, GUIDS), (GUIDS, GUIDS), ({"space_guid": "s"}, {"organization_guid": "o"})],
)
def test_either_place_will_do(members: dict[str, Any], context: dict[str, str]) -> None:
    assert place(Message(**members, context=context)) == GUIDS


def test_only_kubernetes_may_lack_them() -> None:
    nothing = dict.fromkeys(GUIDS)
    assert place(Message(context=KUBERNETES)) == nothing
    with pytest.raises(InvalidRequest, match="organization_guid"):
        place(Message(context={"platform": "cloudfoundry"}))


@pytest.mark.parametrize("platform", [{}, KUBERNETES])
def test_two_values_contradict(platform: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=r"space_guid.*context\.space_guid"):
        place(Message(**GUIDS, context={**platform, "space_guid": "other"}))
