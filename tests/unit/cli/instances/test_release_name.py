"""``instances release-name``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.unit.cli.instances.conftest import DESCRIPTOR

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_a_kept_name_is_released(filled: CommandLine) -> None:
    filled.domain.deprovision("i")
    kept = filled("instances", "release-name", "app!t1")
    assert kept != filled("instances", "release-name", "app!t1")
    filled.domain.provision("j", DESCRIPTOR, space_guid="other")
    assert json.loads(filled("instances", "list", "--json"))[0]["id"] == "j"
