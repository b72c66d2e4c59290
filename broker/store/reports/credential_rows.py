"""Rows of credentials with their use, for all reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, func

from broker.credentials.readiness import CredentialUse
from broker.store.database.columns import credential_type
from broker.store.tables.core import credential
from broker.store.tables.usage import credential_usage

if TYPE_CHECKING:
    from sqlalchemy import Row

USE_COLUMNS: Final = (
    *(credential.c[name] for name in ("type", "created_at", "previous_until", "delisted_at")),
    *(credential.c[name] for name in ("lookup", "names", "issuer_path", "not_before", "not_after")),
    *(credential_usage.c[name] for name in ("last_used_at", "previous_used_at")),
    *(credential_usage.c[name] for name in ("accepted", "refused")),
)
"""What ``use_of`` reads."""

IS_USAGE: Final = credential_usage.c.credential_row_id == credential.c.id
"""The condition that joins the use of a credential."""

IS_INSTANCE_SECRET: Final = credential.c.binding_row_id.is_(None)
"""Whether a credential is the shared one of an instance."""

_last, _previous = credential_usage.c.last_used_at, credential_usage.c.previous_used_at
USED_AT: Final = case((_previous > _last, _previous), else_=func.coalesce(_last, _previous))
"""When a credential was last used, in any generation."""


def use_of(row: Row[*tuple[Any, ...]]) -> CredentialUse:
    """Return the credential of a row with ``USE_COLUMNS``."""
    return CredentialUse(
        type=credential_type(row.type),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        previous_used_at=row.previous_used_at,
        accepted=row.accepted or 0,
        refused=row.refused or 0,
        previous_until=row.previous_until,
        delisted_at=row.delisted_at,
        how=how(row),
        not_before=row.not_before,
        expires_at=row.not_after,
    )


def how(row: Row[*tuple[Any, ...]]) -> str:
    """Return whether a certificate is managed, pinned or renewed in place; '' for secrets."""
    if row.names is None:
        return ""
    if row.issuer_path is None:
        return "managed"
    return "pinned" if row.lookup != row.names else "renewed in place"
