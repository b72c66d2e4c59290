"""The pages of the family ``providers``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from broker.console.confirm import require_confirmed
from broker.console.page import Navigation, Page
from broker.console.rights import READ_PROVIDERS, WRITE_PROVIDERS
from broker.console.shell import command
from broker.console.tables import Column, Count, Link, Listing, Mark, Table, Text, When
from broker.console.view import Done, Twin, View
from broker.errors import InvalidRequest, NotFound
from broker.identity.providers.administer import ProviderChanges
from broker.login.pages.views import Message

if TYPE_CHECKING:
    from broker.authorization.views.access import ProviderUse
    from broker.console.request import ConsoleRequest
    from broker.console.services import Services
    from broker.identity.providers.provider import Provider

LIST: Final = "/console/zones/<zone>/identity-providers"
ONE: Final = f"{LIST}/<origin>"
STATE: Final = f"{ONE}/state"

_NOTICES: Final = {"activate": "activated", "deactivate": "deactivated"}


def list_all(services: Services, asked: ConsoleRequest) -> View:
    """List the providers of the zone: at most about a hundred."""
    found = services.access.providers(asked.in_zone)
    table = Table(
        caption="providers.list.title",
        columns=(
            Column("providers.name"),
            Column("providers.origin"),
            Column("providers.state"),
            Column("providers.users", is_number=True),
            Column("providers.mappings", is_number=True),
            Column("providers.changed"),
        ),
        rows=[_row(each, asked) for each in found],
        listing=Listing(is_export=asked.listing.is_export),
        empty=Message("providers.empty"),
        is_paged=False,
    )
    zone = asked.zone_guid
    twins = (
        Twin(command=command("providers", "list", "--zone", zone)),
        Twin(command=command("providers", "add", "--help")),
    )
    return View(template="list", table=table, twins=twins)


def show(services: Services, asked: ConsoleRequest) -> View:
    """Show a provider."""
    found = _found(services, asked)
    origin, zone = found.provider.origin, asked.zone_guid
    is_local = found.provider.is_local  # has no logon elsewhere
    test = "" if is_local else command("providers", "test", origin, "--zone", zone)
    show_it = command("providers", "show", origin, "--zone", zone)
    twins = tuple(Twin(command=each) for each in (show_it, test) if each)
    model = {
        "found": found,
        "state": state_of(found.provider),
        "change": STATE.replace("<zone>", zone).replace("<origin>", origin),
        "test": test,
    }
    return View(template="providers/one", model=model, twins=twins, title=found.provider.name)


def ask_state(services: Services, asked: ConsoleRequest) -> View:
    """Ask whether to activate or deactivate the provider."""
    found = _found(services, asked)
    provider, zone = found.provider, asked.zone_guid
    word = "deactivate" if provider.is_active else "activate"
    model = {
        "action": word,
        "provider": provider,
        "counts": [("providers.users", found.users), ("providers.mappings", found.mappings)],
        "cancel": ONE.replace("<zone>", zone).replace("<origin>", provider.origin),
    }
    option = "--inactive" if provider.is_active else "--active"
    twin = Twin(command=command("providers", "set", provider.origin, option, "--zone", zone))
    return View(template="providers/state", subject=provider.name, model=model, twins=(twin,))


def change_state(services: Services, asked: ConsoleRequest) -> Done:
    """Activate or deactivate the provider whose origin is typed, as the page of the form said."""
    provider = _found(services, asked).provider
    require_confirmed(asked, provider.origin)
    # Not the opposite of the present state: a form that is sent twice must not undo itself.
    action = asked.form.get("action", "")
    if action not in _NOTICES:
        raise InvalidRequest.at("action", "another value", " or ".join(_NOTICES))
    changes = ProviderChanges(is_active=action == "activate")
    services.providers.change(asked.actor, asked.zone_guid, provider.origin, changes)
    path = ONE.replace("<zone>", asked.zone_guid).replace("<origin>", provider.origin)
    return Done(path, f"done.providers_{_NOTICES[action]}")


def state_of(provider: Provider) -> Mark:
    """Return whether users of the provider can log on."""
    if provider.is_active:
        return Mark("providers.state.active", "good")
    return Mark("providers.state.inactive", "bad")


def _found(services: Services, asked: ConsoleRequest) -> ProviderUse:
    origin = asked.path["origin"]
    for each in services.access.providers(asked.in_zone):
        if each.provider.origin == origin:
            return each
    raise NotFound("The zone has no identity provider of this origin.")


def _row(found: ProviderUse, asked: ConsoleRequest) -> tuple[Link, Text, Mark, Count, Count, When]:
    provider = found.provider
    path = ONE.replace("<zone>", asked.zone_guid).replace("<origin>", provider.origin)
    return (
        Link(provider.name, provider.issuer or "", path=path),
        Text(provider.origin),
        state_of(provider),
        Count(found.users),
        Count(found.mappings),
        When(provider.updated_at),
    )


PAGES: Final = (
    Page(
        path=LIST,
        name="providers.list",
        right=READ_PROVIDERS,
        handler=list_all,
        navigation=Navigation("zone", 40),
    ),
    Page(path=ONE, name="providers.one", right=READ_PROVIDERS, handler=show),
    Page(
        path=STATE,
        name="providers.state",
        right=WRITE_PROVIDERS,
        handler=ask_state,
        needs_fresh_logon=True,
    ),
    Page(
        method="POST",
        path=STATE,
        name="providers.state",
        right=WRITE_PROVIDERS,
        handler=change_state,
        needs_fresh_logon=True,
    ),
)
