"""Fixtures of logins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.login_service import Logins

if TYPE_CHECKING:
    from tests.support.domain import Domain


@pytest.fixture
def logins(on_sqlite: Domain) -> Logins:
    """An application whose users log in, without a server."""
    return Logins(on_sqlite)
