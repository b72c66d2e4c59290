"""The rights that pages demand: scopes of the zone's built-in application (D-56)."""

from __future__ import annotations

from typing import Final

EVERYONE: Final = ""
"""The right of a page that every user with a logon may open."""

OPERATOR: Final = "operator"
"""The right of pages for the operator alone; the operator has every other right in each zone."""

READ_USERS, WRITE_USERS = "xs_user.read", "xs_user.write"
READ_ROLES, WRITE_ROLES = "xs_authorization.read", "xs_authorization.write"
READ_PROVIDERS, WRITE_PROVIDERS = "xs_idp.read", "xs_idp.write"
