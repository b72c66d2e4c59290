"""The version that a request expects."""

from __future__ import annotations

import pytest

from broker.errors import StateConflict
from broker.identity.users.version import require_version


def test_another_version_is_refused_with_both() -> None:
    for expected in (None, 3):
        require_version("user (id)", expected, 3)
    with pytest.raises(StateConflict) as error:
        require_version("user (id)", 0, 3)
    text = "Attempt to update a user (id) with wrong version: expected=0 but found=3"
    assert str(error.value) == text
