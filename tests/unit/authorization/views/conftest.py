"""The statements that a test executes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.domain import Domain


@pytest.fixture
def statements(domain: Domain) -> Iterator[list[str]]:
    """Every statement that the domain executes, in order."""
    executed: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        executed.append(statement)

    event.listen(domain.engine, "before_cursor_execute", note)
    yield executed
    event.remove(domain.engine, "before_cursor_execute", note)
