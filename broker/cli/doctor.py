"""``doctor``: is the database sound, and may it serve after a restore."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

import click

from broker.cli.failures import clear_errors
from broker.cli.operator import operator
from broker.errors import ConfigurationError
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.composition.administration import Store
    from broker.recovery.reconcile import LoggedEvent, Reconciliation
    from broker.store.reports.consistency import Finding


@click.group()
def doctor() -> None:
    """Check the database; let a restored one serve again."""


@doctor.command()
@click.option("--repair", is_flag=True, help="Delete what has lost its owner or its credential.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def check(*, repair: bool, as_json: bool) -> None:
    """Tell what does not fit together; exit with 1 if anything does not."""
    from broker.store.reports.consistency import remove_rows  # noqa: PLC0415
    from broker.store.reports.user_grants import applications_with_user_grants  # noqa: PLC0415

    with clear_errors():
        store = _store()
        found = _checked(store)
        if repair and found:
            count = remove_rows(store.engine, found, operator())
            click.echo(f"Deleted {count} row{'' if count == 1 else 's'}.", err=True)
            found = _checked(store)
        gained = list(applications_with_user_grants(store.engine))
    if gained:
        click.echo(
            "Note: once this broker has users, these applications may use grants for users, because"
            " their descriptors name no grant-types and declare redirect-uris or role-templates:"
            f" {', '.join(gained)}. Name grant-types in an update to decide otherwise.",
            err=True,
        )
    if as_json:
        document = [{"problem": each.problem, "repairable": bool(each.remove)} for each in found]
        click.echo(json.dumps(document, indent=2))
    else:
        for each in found:
            click.echo(f"{each.problem}{' (--repair deletes it)' if each.remove else ''}")
        if not found:
            click.echo("Everything fits together.")
    sys.exit(1 if found else 0)


def _checked(store: Store) -> list[Finding]:
    from broker.store.reports.consistency import find_problems, values_to_check  # noqa: PLC0415

    total = values_to_check(store.engine)
    with click.progressbar(length=total, label="Checking", file=sys.stderr) as progress:
        return find_problems(store.engine, store.keys, progress.update)


@doctor.command()
def lock() -> None:
    """Have servers refuse to start until the database was reconciled.

    For a restore that cannot be noticed: of a whole PostgreSQL cluster, or of files.
    """
    from broker.store.restore_lock import lock  # noqa: PLC0415

    reason = f"An operator locked it at {datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z."
    with clear_errors():
        lock(_store().engine, reason, operator())
    click.echo("The database is locked.")


@doctor.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def unlock(*, yes: bool) -> None:
    """Let servers start without reconciling: nothing was deleted since the backup."""
    from broker.store.restore_lock import unlock as unlock_database  # noqa: PLC0415

    if not yes:
        click.confirm("Was nothing deleted, de-listed or rotated since the backup?", abort=True)
    with clear_errors():
        unlock_database(_store().engine, operator())
    click.echo("The database is unlocked.")


@doctor.command()
@click.option("--log", "logs", type=click.File("r"), multiple=True, help="JSON log of a server.")
@click.option("--incomplete-log", is_flag=True, help="Accept a log that begins after the backup.")
@click.option(
    "--bindings",
    type=click.File("r"),
    help="The platform's list of bindings as JSON: ids, or what /v3/service_credential_bindings"
    " of Cloud Foundry returns.",
)
@click.option("--apply", "apply_", is_flag=True, help="Do it, and unlock the database.")
def reconcile(
    logs: tuple[TextIO, ...], bindings: TextIO | None, *, incomplete_log: bool, apply_: bool
) -> None:
    """Take away what a backup brought back, by the servers' log or the platform's list.

    Without --apply it only tells what there is to do.
    """
    from broker.composition.administration import open_administration  # noqa: PLC0415
    from broker.recovery.reconcile import from_bindings, from_log  # noqa: PLC0415
    from broker.store.restore_lock import backup_time  # noqa: PLC0415
    from broker.store.restore_lock import unlock as unlock_database  # noqa: PLC0415

    if not (logs or bindings):
        raise click.UsageError("Give --log or --bindings.")
    actor = operator()
    with clear_errors():
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
            plans.append(from_bindings(restore.bindings(), _ids(bindings)))
        for plan in plans:
            if apply_:
                for sentence in restore(actor, plan):
                    click.echo(sentence)
            else:
                _print(plan)
            for event in plan.signing_keys:
                click.echo(
                    f"A signing key was revoked at {event.at:%Y-%m-%d %H:%M:%S}Z, one of"
                    f" {event.subject_id}: look for it"
                    " with keys list, and revoke it again."
                )
        if apply_:
            unlock_database(engine, actor, reconciled=True)
    click.echo("The database is unlocked." if apply_ else "Nothing was changed; add --apply.")


def _events(log: TextIO) -> Iterator[LoggedEvent]:
    from broker.recovery.reconcile import event_of  # noqa: PLC0415

    for number, text in enumerate(log, 1):
        if not text.startswith("{"):
            continue  # what a platform's log puts between
        try:
            event = event_of(json.loads(text))
        except (ValueError, KeyError, TypeError):
            raise ConfigurationError(f"{log.name}, line {number}: no line of our log") from None
        if event is not None:
            yield event


def _ids(file: TextIO) -> set[str]:
    try:
        document: Any = json.load(file)
    except ValueError:
        raise ConfigurationError(f"{file.name}: no JSON") from None
    entries = document.get("resources") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise ConfigurationError(f"{file.name}: must be a list of binding ids")
    found = [each.get("guid") if isinstance(each, dict) else each for each in entries]
    ids = {each for each in found if isinstance(each, str) and each}
    if len(ids) < len(set(map(str, found))):
        raise ConfigurationError(f"{file.name}: must be a list of binding ids")
    if isinstance(document, dict) and (document.get("pagination") or {}).get("next"):
        # A page of several would have everything on the others deleted.
        raise ConfigurationError(f"{file.name}: is the first page only; ask with a larger per_page")
    return ids


def _print(plan: Reconciliation) -> None:
    for instance_id in sorted(plan.instances):
        click.echo(f"Delete service instance {instance_id}, if it is there.")
    for instance_id, binding_id in sorted(plan.bindings):
        click.echo(f"Delete binding {binding_id} of {instance_id}, if it is there.")
    for instance_id, types in sorted(plan.types.items()):
        click.echo(f"Let service instance {instance_id} list {', '.join(types)}.")
    for instance_id in sorted(plan.secrets):
        click.echo(f"End the instance secret of {instance_id}.")
    for instance_id in sorted(plan.previous_secrets):
        click.echo(f"Refuse the previous secret of {instance_id}.")
    for client_id in sorted(plan.clients):
        click.echo(f"Revoke all tokens that {client_id} had got.")
    for token_id, (client_id, _) in sorted(plan.tokens.items()):
        click.echo(f"Revoke the token {token_id} of {client_id}.")


def _store() -> Store:
    from broker.composition.administration import open_command_store  # noqa: PLC0415

    return open_command_store(load_settings())
