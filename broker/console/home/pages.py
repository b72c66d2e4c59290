"""The pages of the family ``home``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.frame import HOME
from broker.console.page import Navigation, Page
from broker.console.rights import EVERYONE, OPERATOR
from broker.console.shell import command
from broker.console.tables import Column, Count, Link, Mark, Table, Text
from broker.console.view import Twin, View
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from broker.authorization.views.zones import ZoneSummary
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services

ZONE: Final = "/console/zones/<zone>"


def start(_: Services, asked: ConsoleRequest) -> View:
    """Show what the user can do here."""
    return View(template="home/start", model={"zone": asked.user.zone})


def zone(_: Services, asked: ConsoleRequest) -> View:
    """Show what can be done in a zone."""
    return View(
        template="home/zone",
        title=asked.zone.subdomain if asked.zone else "",
        twins=(Twin(command=command("zones", "show", asked.zone_guid)),),
    )


def zones(services: Services, asked: ConsoleRequest) -> View:
    """List the zones."""
    listing = asked.listing
    found = services.zones.page(
        listing.text, descending=listing.is_descending, skip=listing.skip, limit=listing.limit
    )
    table = Table(
        caption="home.zones.title",
        columns=(
            Column("home.zones.name", sort="name"),
            Column("home.zones.instances", is_number=True),
            Column("home.zones.users", is_number=True),
            Column("home.zones.platform"),
        ),
        rows=[_row(each) for each in found],
        listing=listing,
        empty=Message("home.zones.none_found" if listing.text else "home.zones.empty"),
        searches=True,
    )
    return View(template="list", table=table, twins=(Twin(command=command("zones", "list")),))


def _row(found: ZoneSummary) -> tuple[Link, Count, Count, Mark | Text]:
    path = ZONE.replace("<zone>", found.zone.guid)
    return (
        Link(found.zone.subdomain, detail=found.zone.guid, path=path),
        Count(found.instances),
        Count(found.users),
        Text(found.platform) if found.platform else Mark("home.zones.by_rule"),
    )


PAGES: Final = (
    Page(path=HOME, name="home.start", right=EVERYONE, handler=start),
    Page(
        path="/console/zones",
        name="home.zones",
        right=OPERATOR,
        handler=zones,
        navigation=Navigation("operator", 10),
    ),
    Page(path=ZONE, name="home.zone", right=EVERYONE, handler=zone),
)
