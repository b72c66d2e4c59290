"""``applications``: the approval of applications for administration scopes (D-57)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.identity.zone_option import zone_option
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.table import print_table, wide_option

if TYPE_CHECKING:
    from collections.abc import Collection

    from broker.authorization.approvals import Application, Approvals

_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def applications() -> None:
    """Approve applications for xs_* scopes.

    A service instance of plan apiaccess gets them for its client, another application those in its
    foreign-scope-references for users who hold them.
    """


@applications.command("list")
@click.option("--zone", metavar="ZONE", help="Index, GUID or subdomain of the zone; else all.")
@wide_option
@_json_option
def list_(zone: str | None, *, wide: bool, as_json: bool) -> None:
    """List the applications that request xs_* scopes, approved or not."""
    with report_errors():
        found = _approvals().all(zone)
    if as_json:
        click.echo(json.dumps([_document(each) for each in found], indent=2))
        return
    print_table(
        ("APPLICATION", "ZONE", "PLAN", "REQUESTED", "APPROVED", "BY"),
        [
            (
                each.app_id,
                each.zone,
                each.plan,
                _scopes(each, each.requested),
                _scopes(each, each.approved),
                each.approved_by,
            )
            for each in found
        ],
        empty="No application requests xs_* scopes.",
        is_complete=wide,
    )


@applications.command()
@click.argument("application")
@zone_option
@click.option(
    "--expect",
    metavar="SCOPES",
    help="Approve without a question if exactly these scopes are requested, separated by commas;"
    " all stands for all xs_* scopes.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@_json_option
def approve(application: str, zone: str, expect: str | None, *, yes: bool, as_json: bool) -> None:
    """Approve the xs_* scopes that an application requests.

    Shows the requested scopes and asks. If an update changes them meanwhile, nothing is approved.
    APPLICATION is its application id, client id, service instance id or xsappname. Scopes that an
    update of its xs-security.json adds later need another approval.
    """
    if expect is not None and yes:
        raise click.UsageError("--expect and --yes exclude each other.")
    with report_errors():
        approvals = _approvals()
        expected = None if expect is None else _expected(expect)
        if expected is None and not yes:
            seen = approvals.one(zone, application)
            expected = seen.requested
            if expected and expected != seen.approved:
                click.echo(f"{seen.app_id} requests {', '.join(seen.requested)}.", err=True)
                click.confirm("Approve these scopes?", abort=True, err=True)
        found = approvals.approve(operator(), zone, application, expected)
    _print(found, f"Approved {found.app_id}: {', '.join(found.approved)}.", as_json=as_json)


@applications.command()
@click.argument("application")
@zone_option
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@_json_option
def revoke(application: str, zone: str, *, yes: bool, as_json: bool) -> None:
    """Withdraw the approval of an application and end its tokens."""
    if not yes:
        click.confirm(
            f"Withdraw the approval of {application} and end its tokens?", abort=True, err=True
        )
    with report_errors():
        found = _approvals().revoke(operator(), zone, application)
    _print(found, f"{found.app_id} is not approved.", as_json=as_json)


def _expected(text: str) -> Collection[str]:
    from broker.descriptor.names import ADMINISTRATION_SCOPES  # noqa: PLC0415

    named = {each for scope in text.split(",") if (each := scope.strip())}
    return ADMINISTRATION_SCOPES if named == {"all"} else named


def _approvals() -> Approvals:
    from broker.composition.identity import open_identity  # noqa: PLC0415

    return open_identity(load_settings()).approvals


def _print(found: Application, sentence: str, *, as_json: bool) -> None:
    click.echo(json.dumps(_document(found), indent=2) if as_json else sentence)


def _scopes(application: Application, scopes: tuple[str, ...]) -> str:
    is_all = application.is_apiaccess and scopes == application.requested
    return "all" if is_all else ", ".join(scopes)


def _document(each: Application) -> dict[str, Any]:
    return {
        "id": each.app_id,
        "client_id": each.client_id,
        "instance": each.instance_id,
        "zone": each.zone,
        "plan": each.plan,
        "requested": list(each.requested),
        "approved": list(each.approved),
        "approved_at": each.approved_at and each.approved_at.isoformat(),
        "approved_by": each.approved_by,
    }
