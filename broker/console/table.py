"""The one table of all pages, from the families of pages; tests walk it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.access import messages as access_messages
from broker.console.access import pages as access
from broker.console.account import messages as account_messages
from broker.console.account import pages as account
from broker.console.audit import messages as audit_messages
from broker.console.audit import pages as audit
from broker.console.home import messages as home_messages
from broker.console.home import pages as home
from broker.console.instances import apply as applied_updates
from broker.console.instances import forms as instance_forms
from broker.console.instances import messages as instances_messages
from broker.console.instances import pages as instances
from broker.console.instances import update as instance_updates
from broker.console.migration import messages as migration_messages
from broker.console.migration import pages as migration
from broker.console.overview import approval as approvals
from broker.console.overview import messages as overview_messages
from broker.console.overview import pages as overview
from broker.console.providers import messages as providers_messages
from broker.console.providers import pages as providers
from broker.console.role_collections import messages as role_collections_messages
from broker.console.role_collections import pages as role_collections
from broker.console.signing_keys import messages as signing_keys_messages
from broker.console.signing_keys import pages as signing_keys
from broker.console.users import messages as users_messages
from broker.console.users import pages as users

if TYPE_CHECKING:
    from collections.abc import Mapping

    from broker.console.page import Page

PAGES: Final[tuple[Page, ...]] = (
    *access.PAGES,
    *account.PAGES,
    *audit.PAGES,
    *home.PAGES,
    *providers.PAGES,
    *role_collections.PAGES,
    *instances.PAGES,
    *instance_forms.PAGES,
    *instance_updates.PAGES,
    *applied_updates.PAGES,
    *migration.PAGES,
    *overview.PAGES,
    *approvals.PAGES,
    *signing_keys.PAGES,
    *users.PAGES,
)
MESSAGES: Final[tuple[Mapping[str, Mapping[str, str]], ...]] = (
    access_messages.MESSAGES,
    account_messages.MESSAGES,
    audit_messages.MESSAGES,
    home_messages.MESSAGES,
    providers_messages.MESSAGES,
    role_collections_messages.MESSAGES,
    instances_messages.MESSAGES,
    migration_messages.MESSAGES,
    overview_messages.MESSAGES,
    signing_keys_messages.MESSAGES,
    users_messages.MESSAGES,
)
"""The texts of each family by language; their keys begin with the family's name, or ``done.``."""
