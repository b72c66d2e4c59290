"""What events record of a change."""

from __future__ import annotations

from dataclasses import replace

from broker.identity.providers.events import differences
from broker.identity.providers.provider import local_store
from tests.support.users import A_ZONE


def test_only_changed_members_are_recorded() -> None:
    before = local_store(A_ZONE)
    after = replace(before, is_active=False, configuration={"issuer": "https://a.example.org"})
    assert differences(before, after) == {
        "previous": {"is_active": True, "issuer": None},
        "changed": {"is_active": False, "issuer": "https://a.example.org"},
    }
