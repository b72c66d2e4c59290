"""Applications that request administration scopes without an approval (D-57)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.store.authorization.approvals import ApprovalTable
from broker.store.database.engine import READ_OPTIONS
from broker.store.database.faults import translating

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine


def unapproved_applications(engine: Engine) -> Sequence[str]:
    """Return the ids of the applications of all zones, sorted."""
    with translating(), engine.connect().execution_options(**READ_OPTIONS) as connection:
        return [each.app_id for each in ApprovalTable(connection).requested(None) if each.missing]
