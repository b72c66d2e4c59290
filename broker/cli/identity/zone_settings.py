"""``zones show`` and ``zones set``: a zone and the settings of its administrators."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.zone_option import zone_overview
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.table import format_cell

if TYPE_CHECKING:
    from broker.identity.zone_settings import ZoneSettings

_NOTHING = {
    "default_idp": None,
    "iframe_domains": (),
    "home_redirect": None,
    "logout_redirects": (),
}
"""The values of settings that ``--no-…`` removes."""

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("zone")
@_json_option
def show(zone: str, *, as_json: bool) -> None:
    """Show a zone, its identity providers and its settings.

    ZONE is an index, a GUID or a subdomain.
    """
    from broker.composition.identity import open_identity  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        overview = zone_overview(settings, zone)
        document: dict[str, Any] = {
            "index": overview.zone.index,
            "guid": overview.zone.guid,
            "subdomain": overview.zone.subdomain,
            "platform": overview.platform,
            "key": overview.external_key,
            "instances": overview.instances,
            "mixed": overview.is_mixed,
        }
        if not overview.is_mixed:
            identity = open_identity(settings)
            document["providers"] = [
                {
                    "origin": each.provider.origin,
                    "active": each.provider.is_active,
                    "users": each.users,
                }
                for each in identity.providers.all(overview.zone.guid)
            ]
            document["settings"] = _document(identity.zone_settings.of(overview.zone.guid))
    if as_json:
        click.echo(_as_json(document))
        return
    providers, values = document.pop("providers", []), document.pop("settings", {})
    for each in providers:
        state = "active" if each["active"] else "inactive"
        document[f"provider {each['origin']}"] = f"{state}, users: {each['users']}"
    _print(document | _as_options(values))


@click.command("set")
@click.argument("zone")
@click.option("--default-idp", metavar="ORIGIN", help="Origin of password grants without a hint.")
@click.option("--no-default-idp", is_flag=True, help="Remove the default origin.")
@click.option(
    "--access-token-validity",
    type=int,
    metavar="SECONDS",
    help="Maximum lifetime of access tokens: 1800 to 86400; -1 for none.",
)
@click.option(
    "--refresh-token-validity",
    type=int,
    metavar="SECONDS",
    help="Maximum lifetime of refresh tokens: 1800 to 31536000; -1 for none.",
)
@click.option(
    "--rotate-refresh-tokens/--keep-refresh-tokens",
    "refresh_token_rotate",
    default=None,
    help="Whether each refresh replaces the refresh token.",
)
@click.option(
    "--one-refresh-token/--many-refresh-tokens",
    "refresh_token_unique",
    default=None,
    help="Whether only the newest refresh token of a user and client is valid.",
)
@click.option(
    "--iframe-domain",
    "iframe_domains",
    multiple=True,
    metavar="ORIGIN",
    help="Origin that may show the zone's pages in frames, such as https://*.example.org;"
    " repeatable, replaces the list.",
)
@click.option("--no-iframe-domains", is_flag=True, help="Allow no frames.")
@click.option("--home-redirect", metavar="URI", help="URI after a logout that names none.")
@click.option("--no-home-redirect", is_flag=True, help="Show a page after such a logout.")
@click.option(
    "--logout-redirect",
    "logout_redirects",
    multiple=True,
    metavar="URI",
    help="URI that a logout may name beside the client's redirect URIs, with wildcards as in"
    " descriptors; repeatable, replaces the list.",
)
@click.option("--no-logout-redirects", is_flag=True, help="Allow redirect URIs of the client only.")
@_json_option
def set_(zone: str, *, as_json: bool, **given: Any) -> None:
    """Change the settings of a zone; what is not given stays.

    A client's own validities apply up to those of the zone.
    """
    from broker.composition.identity import open_identity  # noqa: PLC0415

    changes = {name: value for name, value in given.items() if value not in {None, ()}}
    for name, nothing in _NOTHING.items():
        if not changes.pop(f"no_{name}"):
            continue
        if name in changes:
            option = f"--{name.replace('_', '-')}"
            singular = option.removesuffix("s")
            raise click.UsageError(f"{singular} and --no-{option[2:]} exclude each other.")
        changes[name] = nothing
    with report_errors():
        settings = open_identity(load_settings()).zone_settings(operator(), zone, changes)
    access, refresh = settings.access_token_validity, settings.refresh_token_validity
    if access and refresh and refresh <= access:
        click.secho("Warning: refresh tokens do not outlast access tokens.", fg="yellow", err=True)
    if as_json:
        click.echo(_as_json(_document(settings)))
    else:
        _print(_as_options(_document(settings)))


def _document(settings: ZoneSettings) -> dict[str, Any]:
    return {
        "default_idp": settings.default_idp,
        "access_token_validity": settings.access_token_validity,
        "refresh_token_validity": settings.refresh_token_validity,
        "refresh_token_rotate": settings.refresh_token_rotate,
        "refresh_token_unique": settings.refresh_token_unique,
        "same_email_is_same_user": settings.same_email_is_same_user,
        "iframe_domains": list(settings.iframe_domains),
        "home_redirect": settings.home_redirect,
        "logout_redirects": list(settings.logout_redirects),
        "settings_updated": settings.updated_at,
    }


def _as_json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, default=datetime.isoformat)


def _as_options(values: dict[str, Any]) -> dict[str, Any]:
    """Return the values by names with hyphens, as options have."""
    return {key.replace("_", "-"): value for key, value in values.items()}


def _print(document: dict[str, Any]) -> None:
    width = max(map(len, document)) + 2
    for key, value in document.items():
        text = ", ".join(value) if isinstance(value, list) else value
        shown = {True: "yes", False: "no"}[text] if isinstance(text, bool) else format_cell(text)
        click.echo(f"{key + ':':{width}}{shown}")
