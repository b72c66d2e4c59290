"""Role collections over the administration API (§3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.administration import AUTHORIZATION, path_of

if TYPE_CHECKING:
    from tests.support.administration import ApiClient

COLLECTIONS = f"{AUTHORIZATION}/rolecollections"


def test_the_built_in_collections(api: ApiClient) -> None:
    found = api.get(COLLECTIONS)
    assert [(each["name"], each["isReadOnly"]) for each in found] == [
        ("Subaccount Administrator", True),
        ("Subaccount Viewer", True),
    ]
    assert api.get(path_of("rolecollections", "Subaccount Viewer")) == found[1]
