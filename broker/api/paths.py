"""The beginnings of paths, and the scopes of the families of endpoints."""

from __future__ import annotations

from typing import Final

AUTHORIZATION: Final = "/sap/rest/authorization/v2"
USERS: Final = "/sap/rest/user"
IDENTITY_PROVIDERS: Final = "/sap/rest/identity-providers"
CREDENTIALS: Final = "/credentials/v1"

READ_AUTHORIZATION: Final = ("xs_authorization.read",)
WRITE_AUTHORIZATION: Final = ("xs_authorization.write",)
READ_USERS: Final = ("xs_user.read",)
WRITE_USERS: Final = ("xs_user.write",)
READ_PROVIDERS: Final = ("xs_idp.read",)
WRITE_PROVIDERS: Final = ("xs_idp.write",)
