"""The pages that show service instances and their credentials."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from broker.console.charts import Step
from broker.console.instances.find import (
    API,
    BINDING,
    ONE,
    PREVIOUS,
    SECRET,
    UPDATE,
    is_overlapping,
    overview,
    path_of,
)
from broker.console.page import Navigation, Page
from broker.console.rights import OPERATOR, READ_ROLES
from broker.console.shell import command
from broker.console.tables import (
    Chart,
    Code,
    Column,
    Count,
    Filter,
    Link,
    Mark,
    Table,
    Text,
    When,
    Words,
)
from broker.console.view import Twin, View
from broker.credentials.readiness import CredentialState
from broker.descriptor.model import CredentialType
from broker.identity.users.search import ascii_lowered
from broker.lifecycle.overview.migration import MigrationState, migration_of_overview
from broker.lifecycle.overview.model import BindingPage, InstancePage
from broker.lifecycle.overview.next_step import next_commands
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.console.tables import Cell
    from broker.credentials.readiness import CredentialUse, HeldBinding
    from broker.lifecycle.overview.model import ListedInstance, Overview

LIST: Final = "/console/zones/<zone>/instances"
ALL: Final = "/console/instances"
DAYS: Final = 30

STATES: Final = {
    CredentialState.ACCEPTED: Mark("instances.state.accepted", "good"),
    CredentialState.NOT_LISTED: Mark("instances.state.not_listed", "bad"),
    CredentialState.EXPIRED: Mark("instances.state.expired", "bad"),
    CredentialState.NOT_YET_VALID: Mark("instances.state.not_yet_valid"),
    CredentialState.MISSING: Mark("instances.state.missing", "bad"),
}
_TYPES = Filter(
    "type", "instances.type", tuple((each, f"instances.type.{each}") for each in CredentialType)
)


def list_all(services: Services, asked: ConsoleRequest) -> View:
    """List the instances of a zone; those of all zones without one."""
    listing, type_ = asked.listing, known_type(asked)
    zone = asked.zone.guid if asked.zone else None
    page = InstancePage(
        ascii_lowered(listing.text),
        type_,
        listing.skip,
        listing.limit,
        by_creation=listing.sort == "created",
        is_descending=listing.is_descending,
    )
    found, _ = services.overviews.instances(zone, page)
    table = Table(
        caption="instances.list.title",
        columns=(
            Column("instances.application", sort="name"),
            *(() if zone else (Column("instances.zone"),)),
            Column("instances.types"),
            Column("instances.bindings", is_number=True),
            Column("instances.used"),
            Column("instances.secret_used"),
            Column("instances.expires"),
            Column("instances.created", sort="created", is_minor=True),
        ),
        rows=[_row(each, has_zone=zone is None) for each in found],
        listing=listing,
        empty=Message("instances.none_found" if listing.text or type_ else "instances.empty"),
        searches=True,
        filters=(_TYPES,),
    )
    return View(
        template="list",
        table=table,
        twins=(Twin(f"GET {API}" if zone else "", "xsuaa-broker instances list"),),
    )


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show an instance with its credentials."""
    listing = asked.listing
    page = BindingPage(
        ascii_lowered(listing.text),
        known_type(asked),
        by_last_use=listing.sort == "used",
        offset=listing.skip,
        limit=listing.limit,
        days=DAYS,
    )
    found = overview(services, asked, page)
    instance, migration = found.instance, migration_of_overview(found)
    today = found.at.date()
    table = Table(
        caption="instances.credentials",
        columns=(
            Column("instances.binding"),
            Column("instances.type"),
            Column("instances.state"),
            Column("instances.used", sort="used"),
            Column("instances.uses_lately"),
            Column("instances.refused", is_number=True),
            Column("instances.expires"),
            Column("instances.created", sort="created", is_minor=True),
        ),
        rows=[_binding_row(found, each, today) for each in found.held.bindings],
        listing=listing,
        empty=Message(
            "instances.no_binding_found"
            if listing.text or asked.query.get("type")
            else "instances.no_bindings"
        ),
        searches=True,
        filters=(_TYPES,),
    )
    secret = found.held.secret
    return View(
        template="instances/one",
        title=instance.name or instance.client.app_id,
        zone=instance.client.zone,
        table=table,
        twins=(
            Twin(
                f"GET {API}/{instance.instance_id}",
                command("credentials", "report", "--instance", instance.instance_id),
            ),
        ),
        model={
            "found": found,
            "instance": instance,
            "steps": steps_of(migration.completed),
            "migration": migration,
            "secret": secret,
            "secret_state": STATES[secret.state(found.listed, found.at)] if secret else None,
            "secret_days": numbers_of(secret, today),
            "is_listed": secret is not None and secret.type in found.listed,
            "is_overlapping": is_overlapping(found),
            "preview": path_of(UPDATE, instance.instance_id),
            "rotate": path_of(SECRET, instance.instance_id),
            "previous": path_of(PREVIOUS, instance.instance_id),
            "commands": next_commands(instance, migration.state),
        },
    )


def steps_of(completed: Sequence[MigrationState]) -> list[Step]:
    """Return the steps of the migration; the current one is the last that is completed."""
    return [
        Step(f"instances.step.{each}", each in completed[:-1], each == completed[-1])
        for each in MigrationState
    ]


def numbers_of(use: CredentialUse | None, today: date) -> tuple[int, ...]:
    """Return the uses of each of the last days, oldest first; none for no use at all."""
    if use is None or not use.days:
        return ()
    by_day = {each.day: each.accepted for each in use.days}
    return tuple(by_day.get(today - timedelta(days=back), 0) for back in reversed(range(DAYS)))


def known_type(asked: ConsoleRequest) -> str:
    """Return the credential type that the URL selects, '' for none."""
    text = asked.query.get("type", "")
    return text if text in set(CredentialType) else ""


def _row(each: ListedInstance, *, has_zone: bool) -> tuple[Cell, ...]:
    return (
        Link(
            each.app_id, detail=each.name or each.instance_id, path=path_of(ONE, each.instance_id)
        ),
        *((Text(each.zone),) if has_zone else ()),
        Words(tuple(each.types)),
        Count(each.bindings),
        When(each.last_used_at),
        When(each.secret_used_at),
        When(each.expires_at, "instances.no_expiry"),
        When(each.created_at),
    )


def _binding_row(found: Overview, each: HeldBinding, today: date) -> tuple[Cell, ...]:
    use = found.use_of(each)
    return (
        Link(
            each.binding_id,
            detail=each.app_guid or "",
            path=path_of(BINDING, found.instance.instance_id),
            query={"binding": each.binding_id},
        ),
        Code(each.type, detail=use.how if use else ""),
        STATES[found.state_of(each)],
        When(use.used_at if use else None),
        Chart(numbers_of(use, today), Message("instances.per_day")),
        Count(use.refused if use else 0),
        When(use.expires_at if use else None, "instances.no_expiry"),
        When(each.created_at),
    )


PAGES: Final = (
    Page(
        path=LIST,
        name="instances.list",
        right=READ_ROLES,
        handler=list_all,
        navigation=Navigation("zone", 10),
    ),
    Page(path=ONE, name="instances.one", right=READ_ROLES, handler=show),
    Page(
        path=ALL,
        name="instances.all",
        right=OPERATOR,
        handler=list_all,
        navigation=Navigation("operator", 20),
    ),
)
