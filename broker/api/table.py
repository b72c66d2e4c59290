"""The one table of all operations of the administration APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.api.applications import routes as applications
from broker.api.credentials import routes as credentials
from broker.api.identity_providers import routes as identity_providers
from broker.api.mappings import routes as mappings
from broker.api.role_collections import of_user
from broker.api.role_collections import routes as role_collections
from broker.api.roles import routes as roles
from broker.api.scim import groups, users
from broker.api.security_settings import routes as security_settings
from broker.api.users import routes as users_by_name

if TYPE_CHECKING:
    from broker.api.route import Route

ROUTES: Final[tuple[Route, ...]] = (
    *role_collections.ROUTES,
    *of_user.ROUTES,
    *roles.ROUTES,
    *applications.ROUTES,
    *mappings.ROUTES,
    *identity_providers.ROUTES,
    *security_settings.ROUTES,
    *users_by_name.ROUTES,
    *users.ROUTES,
    *groups.ROUTES,
    *credentials.ROUTES,
)
