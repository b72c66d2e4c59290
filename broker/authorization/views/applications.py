"""Lists of applications, their scopes and the authorities that they have of each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from broker.authorization.collections.built_in import built_in_application
from broker.authorization.views.model import (
    ApplicationDetails,
    ApplicationSelection,
    RoleSelection,
    ScopeView,
)
from broker.authorization.views.ports import ApplicationStore
from broker.descriptor.declarations import Usage
from broker.descriptor.names import ADMINISTRATION_SCOPES, AppId
from broker.descriptor.parse import readable_descriptor
from broker.descriptor.paths import printable
from broker.errors import NotFound
from broker.identity.administered_zone import administered_zone
from broker.identity.user import is_storable
from broker.instances.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.authorization.reference import Reference, ResolvedReference
    from broker.authorization.views.model import ApplicationView
    from broker.descriptor.model import Descriptor
    from broker.identity.zone import Zone
    from broker.transactions import Transactions

_EVERY = "*"


@dataclass(frozen=True, slots=True)
class ListApplications:
    """Reads the applications of a zone in a fixed number of statements.

    ``zone`` is an index, GUID or subdomain. Raises NotFound, StateConflict.
    """

    transactions: Transactions[ApplicationStore]

    def all(self, zone: str, selection: ApplicationSelection) -> Sequence[ApplicationView]:
        """Return the selected applications by id."""
        if not _is_storable(selection):
            return ()
        return self.transactions.read(
            lambda store: store.application_lists.applications(
                administered_zone(store, zone), selection
            )
        )

    def one(self, zone: str, selection: ApplicationSelection) -> ApplicationView:
        """Return the application with the id, or of the service instance, that is selected."""
        return self.transactions.read(
            lambda store: _one(store, administered_zone(store, zone), selection)
        )

    def details(self, zone: str, selection: ApplicationSelection) -> ApplicationDetails:
        """Return the application with scopes, authorities and role templates."""

        def read(store: ApplicationStore) -> ApplicationDetails:
            in_zone = administered_zone(store, zone)
            found = _one(store, in_zone, selection)
            client, descriptor = found.client, _descriptor(found)
            granted = store.application_lists.granted(client) if client.accepts_grants else ()
            return ApplicationDetails(
                found,
                _scopes(store, in_zone, found, descriptor),
                sorted({*client.authorities, *(each.scope for each in granted)}),
                () if descriptor is None else descriptor.foreign_scope_references,
                store.role_lists.templates(in_zone, RoleSelection(client.app_id)),
            )

        return self.transactions.read(read)

    def scopes(self, zone: str, app_id: str) -> Sequence[ScopeView]:
        """Return the scopes that the application defines, in the order of its descriptor."""

        def read(store: ApplicationStore) -> Sequence[ScopeView]:
            in_zone = administered_zone(store, zone)
            found = _one(store, in_zone, ApplicationSelection(app_id=app_id))
            return _scopes(store, in_zone, found, _descriptor(found))

        return self.transactions.read(read)

    def scope(self, zone: str, app_id: str, name: str) -> ScopeView:
        """Return the scope by its full or local name; raise NotFound."""
        names = {name, f"{app_id}.{name}"}
        for each in self.scopes(zone, app_id):
            if each.name in names:
                return each
        raise NotFound(f"Application {printable(app_id)} has no scope {printable(name)}.")

    def granted_by(
        self, zone: str, app_id: str, *, grantor: str | None, grantor_instance: str | None
    ) -> Sequence[str]:
        """Return the scopes that this grantor grants to the application and that it accepts.

        ``grantor`` is an application id, ``grantor_instance`` the id of its service instance; with
        neither there are none.
        """

        def read(store: ApplicationStore) -> Sequence[str]:
            in_zone = administered_zone(store, zone)
            found = _one(store, in_zone, ApplicationSelection(app_id=app_id))
            if not found.client.accepts_grants or (grantor, grantor_instance) == (None, None):
                return ()
            return sorted(
                each.scope
                for each in store.application_lists.granted(found.client)
                if grantor in {None, each.app_id} and grantor_instance in {None, each.instance_id}
            )

        return self.transactions.read(read)

    def references_to(self, zone: str, app_id: str) -> int:
        """Return how many references of other applications are pinned to the application."""

        def read(store: ApplicationStore) -> int:
            in_zone = administered_zone(store, zone)
            found = _one(store, in_zone, ApplicationSelection(app_id=app_id))
            return store.application_lists.references_to(found.client)

        return self.transactions.read(read)


def _one(store: ApplicationStore, zone: Zone, selection: ApplicationSelection) -> ApplicationView:
    is_text = _is_storable(selection)
    found = store.application_lists.applications(zone, selection) if is_text else ()
    if not found:
        if selection.instance_id is not None:
            raise NotFound(f"There is no service instance {printable(selection.instance_id)}.")
        raise NotFound(f"There is no application {printable(selection.app_id or '')}.")
    return found[0]


def _descriptor(application: ApplicationView) -> Descriptor | None:
    """Return what the application declares; plan apiaccess declares nothing."""
    is_application = application.plan == Plan.APPLICATION
    return readable_descriptor(application.parameters) if is_application else None


def _scopes(
    store: ApplicationStore,
    zone: Zone,
    application: ApplicationView,
    descriptor: Descriptor | None,
) -> Sequence[ScopeView]:
    client = application.client
    if client.app_id == built_in_application(zone).app_id:
        return [ScopeView(name, granted_to=(_EVERY,)) for name in sorted(ADMINISTRATION_SCOPES)]
    if descriptor is None or not descriptor.scopes:
        return ()
    granted: dict[tuple[Usage, str], set[str]] = {}
    for each in store.references.of(client):
        key = each.reference.usage, each.reference.holder
        granted.setdefault(key, set()).add(_target(each))
    own = AppId.parse(client.app_id)
    return [
        ScopeView(
            name,
            scope.description,
            *(
                tuple(sorted(granted.get((usage, name.removeprefix(f"{own}.")), ())))
                for usage in (Usage.GRANTED_APPS, Usage.GRANT_AS_AUTHORITY)
            ),
        )
        for scope in descriptor.scopes
        # A descriptor may mention scopes of the platform, which it does not define (D-29).
        if (name := own.qualify(scope.name)) is not None
    ]


def _target(resolved: ResolvedReference) -> str:
    reference: Reference = resolved.reference
    if resolved.target_app_id is not None:
        return resolved.target_app_id
    if reference.service_instance:
        return f"$XSSERVICENAME({reference.service_instance})"
    return reference.app_id or _EVERY


def _is_storable(selection: ApplicationSelection) -> bool:
    given = (
        selection.organization_guid,
        selection.xsappname,
        selection.app_id,
        selection.instance_id,
    )
    return is_storable(*(each for each in given if each is not None))
