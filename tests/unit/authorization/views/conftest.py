"""The statements that a test executes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.statements import statements_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.domain import Domain


@pytest.fixture
def statements(domain: Domain) -> Iterator[list[str]]:
    """Every statement that the domain executes, in order."""
    with statements_of(domain.engine) as executed:
        yield executed
