"""``doctor``: check the database; lock, reconcile and unlock it after a restore."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.files import name_of, platform_ids, require_some_listed
from broker.cli.identity.ended_logons import as_sentence
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.clock import utc_text
from broker.errors import ConfigurationError
from broker.json_text.reader import read_object
from broker.runtime.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.composition.administration import Store
    from broker.identity.ended_logons import EndedLogons
    from broker.lifecycle.zones.guids import SuspiciousGuid
    from broker.recovery.logged_event import LoggedEvent
    from broker.recovery.reconcile import Reconciliation
    from broker.store.sealing.owner_checks import Finding

_MIXED = (
    "an earlier version placed service instances of several tenants in the zones {}. Run zones"
    " split for each of them."
)
_GAINED = (
    "once this broker supports users, these applications may use the user grants, because their"
    " descriptors list no grant-types and declare redirect-uris or role-templates: {}. To restrict"
    " them, update grant-types."
)
_UNAPPROVED = (
    "these applications request xs_* scopes that are not approved: {}. See applications list and"
    " applications approve."
)


@click.group()
def doctor() -> None:
    """Check the database; lock or unlock it after a restore."""


@doctor.command()
@click.option(
    "--repair", is_flag=True, help="Delete rows whose owner or credential no longer exists."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def check(*, repair: bool, as_json: bool) -> None:
    """List inconsistencies in the database.

    Also warns of addresses that some clients cannot use, and notes mixed zones, suspicious GUIDs of
    zones and unapproved applications. Exits with status 1 if there are inconsistencies.
    """
    from broker.composition.addresses import settings_warnings  # noqa: PLC0415
    from broker.composition.administration import (  # noqa: PLC0415
        open_command_store,
        zone_directory,
    )
    from broker.lifecycle.zones.guids import suspicious_guids  # noqa: PLC0415
    from broker.store.reports.approvals import unapproved_applications  # noqa: PLC0415
    from broker.store.reports.consistency import remove_rows  # noqa: PLC0415
    from broker.store.reports.user_grants import applications_with_user_grants  # noqa: PLC0415
    from broker.store.tenants import all_zones  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        for warning in settings_warnings(settings):
            click.echo(f"Warning: {warning}.", err=True)
        store = open_command_store(settings)
        found = _checked(store)
        if repair and found:
            count = remove_rows(store.engine, found, operator())
            click.echo(f"Deleted {count} row{'' if count == 1 else 's'}.", err=True)
            found = _checked(store)
        gained = list(applications_with_user_grants(store.engine))
        unapproved = unapproved_applications(store.engine)
        zones = all_zones(store.engine)
    mixed = [each.zone.subdomain for each in zones if each.is_mixed]
    suspicious = map(_as_sentence, suspicious_guids(zone_directory(settings), zones))
    notes = [store.keys.binding.note]
    notes += [_MIXED.format(", ".join(mixed))] * bool(mixed)
    notes += suspicious
    notes += [_GAINED.format(", ".join(gained))] * bool(gained)
    notes += [_UNAPPROVED.format(", ".join(unapproved))] * bool(unapproved)
    for note in filter(None, notes):
        click.echo(f"Note: {note}", err=True)
    if as_json:
        document = [{"problem": each.problem, "repairable": bool(each.remove)} for each in found]
        click.echo(json.dumps(document, indent=2))
    else:
        for each in found:
            click.echo(f"{each.problem}{' (--repair deletes it)' if each.remove else ''}")
        if not found:
            click.echo("No inconsistencies found.")
    sys.exit(1 if found else 0)


def _as_sentence(suspicious: SuspiciousGuid) -> str:
    overview = suspicious.overview
    zone, reasons = overview.zone, "; ".join(suspicious.reasons)
    named = f"zone {zone.index} ({zone.subdomain}, {overview.external_key})"
    return f"{named} has the suspicious GUID {zone.guid}: {reasons}. See docs/platforms.md."


def _checked(store: Store) -> list[Finding]:
    from broker.store.reports.consistency import find_problems, values_to_check  # noqa: PLC0415

    total = values_to_check(store.engine)
    with click.progressbar(length=total, label="Checking", file=sys.stderr) as progress:
        return find_problems(store.engine, store.keys, progress.update)


@doctor.command()
def lock() -> None:
    """Make servers refuse to start on this database.

    It stays locked until it is reconciled or unlocked. For restores that the broker cannot detect:
    of a whole PostgreSQL cluster, or of database files.
    """
    from broker.store.restore_lock import lock  # noqa: PLC0415

    reason = f"Locked by an operator at {utc_text(datetime.now(UTC))}."
    with report_errors():
        lock(_store().engine, reason, operator())
    click.echo("The database is locked.")


@doctor.command()
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def unlock(*, yes: bool) -> None:
    """Let servers start on this database without reconciling it.

    Use it only if nothing was deleted, de-listed, rotated or withdrawn since the backup. Ends the
    sessions, codes, tokens and password links of all users.
    """
    from broker.store.restore_lock import unlock as unlock_database  # noqa: PLC0415

    if not yes:
        click.confirm(
            "Credentials deleted, de-listed or rotated since the backup are valid again, and so are"
            " role collections and passwords of users. Unlock?",
            abort=True,
        )
    with report_errors():
        ended = unlock_database(_store().engine, operator())
    _print_ended(ended)
    click.echo("The database is unlocked.")


@doctor.command()
@click.option(
    "--log",
    "logs",
    type=click.File("rb"),
    multiple=True,
    help="JSON log of a server, or output of audit list --json --limit 0; repeatable.",
)
@click.option("--incomplete-log", is_flag=True, help="Accept a log that begins after the backup.")
@click.option(
    "--bindings",
    type=click.File("rb"),
    help="The bindings of all platforms: one id per line, JSON lists of ids, or all pages of Cloud"
    " Foundry's /v3/service_credential_bindings.",
)
@click.option(
    "--allow-empty", is_flag=True, help="Accept a list without any binding of a platform."
)
@click.option("--apply", "apply_", is_flag=True, help="Apply the changes and unlock the database.")
def reconcile(
    logs: tuple[IO[bytes], ...],
    bindings: IO[bytes] | None,
    *,
    incomplete_log: bool,
    allow_empty: bool,
    apply_: bool,
) -> None:
    """Remove credentials deleted since the backup.

    Changes since the backup are read from the servers' logs, from the output of audit list --json,
    or from the platforms' lists of bindings. Users, role collections, mappings, custom roles,
    identity providers and approvals withdrawn since are withdrawn again; assigned role collections
    and changed passwords are listed. --apply ends the sessions, codes, tokens and password links of
    all users. Without --apply, the command only prints what it would change.
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415
    from broker.recovery.reconcile import from_bindings, from_log  # noqa: PLC0415
    from broker.recovery.withdrawal import Refused  # noqa: PLC0415
    from broker.store.restore_lock import backup_time, lock_if_put_back  # noqa: PLC0415
    from broker.store.restore_lock import unlock as unlock_database  # noqa: PLC0415

    if not (logs or bindings):
        raise click.UsageError("Specify --log or --bindings.")
    actor = operator()
    with report_errors(), waiting("Reconciling with what changed since the backup"):
        settings = load_settings()
        restore = open_administration(settings).restore
        engine = _store().engine
        newest = backup_time(engine)
        backup_at = newest or datetime.min.replace(tzinfo=UTC)
        plans: list[Reconciliation] = []
        if logs:
            events = [event for log in logs for event in _events(log)]
            plans.append(from_log(events, backup_at, may_have_gaps=incomplete_log or not newest))
        if bindings is not None:
            existing, listed = restore.bindings(), platform_ids(bindings)
            if not allow_empty:
                ids = [(each.platform, each.binding_id) for each in existing]
                require_some_listed(bindings, listed, ids, "bindings", "deleted")
            plans.append(from_bindings(existing, listed))
        refused = 0
        if apply_:
            lock_if_put_back(engine, actor)
        for plan in plans:
            if apply_:
                for sentence in restore(actor, plan):
                    click.echo(sentence)
                    refused += isinstance(sentence, Refused)
            else:
                _print(plan)
            _print_reports(plan)
        if apply_:
            _print_ended(unlock_database(engine, actor, reconciled=True))
    _warn_of_refused(refused)
    click.echo("The database is unlocked." if apply_ else "Nothing was changed; add --apply.")


def _warn_of_refused(count: int) -> None:
    if count:
        click.echo(
            f"Warning: {count} withdrawal{' was' if count == 1 else 's were'} refused and must"
            " be repeated (see Not … again).",
            err=True,
        )


def _events(log: IO[bytes]) -> Iterator[LoggedEvent]:
    from broker.recovery.reconcile import event_of  # noqa: PLC0415

    for number, text in enumerate(log, 1):
        if not text.startswith(b"{"):
            continue  # lines that the platform adds to a log
        try:
            event = event_of(read_object(text))
        except (ValueError, KeyError, TypeError):
            raise ConfigurationError(
                f"{name_of(log)}, line {number}: not a log line of this broker"
            ) from None
        if event is not None:
            yield event


def _print(plan: Reconciliation) -> None:
    for instance_id in sorted(plan.instances):
        click.echo(f"Delete service instance {instance_id}, if it exists.")
    for instance_id, binding_id in sorted(plan.bindings):
        click.echo(f"Delete binding {binding_id} of {instance_id}, if it exists.")
    for instance_id, types in sorted(plan.types.items()):
        click.echo(
            f"Set the credential types of service instance {instance_id} to {', '.join(types)}."
        )
    for instance_id in sorted(plan.secrets):
        click.echo(f"Revoke the instance secret of {instance_id}.")
    for instance_id in sorted(plan.previous_secrets):
        click.echo(f"Revoke the previous instance secret of {instance_id}.")
    for client_id in sorted(plan.clients):
        click.echo(f"Revoke all tokens of {client_id} up to the logged revocation.")
    for token_id, (client_id, _) in sorted(plan.tokens.items()):
        click.echo(f"Revoke the token {token_id} of {client_id}.")
    for sentence in (*plan.users.withdrawals(), *plan.collections.withdrawals()):
        click.echo(sentence)


def _print_reports(plan: Reconciliation) -> None:
    """Print the changes that the operator has to repeat or to check."""
    for event in plan.signing_keys:
        at = f"{event.subject_id}) was revoked at {utc_text(event.at)}"
        click.echo(f"A signing key ({at}: find it with keys list, and revoke it again.")
    for sentence in plan.users.reports():
        click.echo(sentence)


def _print_ended(ended: EndedLogons) -> None:
    """Print what ended, nothing in a database without sessions and tokens of users."""
    if ended != type(ended)():
        click.echo(as_sentence(ended))


def _store() -> Store:
    from broker.composition.administration import open_command_store  # noqa: PLC0415

    return open_command_store(load_settings())
