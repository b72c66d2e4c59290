"""``audit``: list, show and prune the audit trail."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from broker.cli.durations import Duration, Moment
from broker.cli.failures import report_errors
from broker.cli.identity.zone_option import recorded_zone_guid
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.platform.names import recorded_instance_id
from broker.cli.table import format_cell, print_table, shortened, wide_option
from broker.clock import utc_text
from broker.errors import NotFound
from broker.runtime.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.audit.event import AuditEvent
    from broker.audit.search import RecordedEvent

_WIDTH = 80
_COLUMNS = {"TIME": 20, "ACTION": 22, "ACTOR": 16, "SUBJECT": 16}
"""Column widths: 80 characters with two blanks between the columns."""

_KEPT_UNLESS_FORCED = timedelta(days=7)


@click.group()
def audit() -> None:
    """List, show and prune the audit trail."""


@audit.command("list")
@click.option(
    "--instance",
    default="",
    metavar="INSTANCE",
    help="Only events of the instance with this id or name; of a deleted one, with this id.",
)
@click.option("--binding", "binding_id", default="", help="Only events of this binding.")
@click.option(
    "--action", default="", help="Only this action, such as bind, or group, such as roles."
)
@click.option("--platform", default="", help="Only events of this platform.")
@click.option(
    "--zone",
    default="",
    metavar="ZONE",
    help="Only events of the zone with this index, GUID or subdomain.",
)
@click.option("--actor", default="", help="Only by this platform, client or user (id, or name).")
@click.option("--subject", default="", help="Only about this subject id, user or role collection.")
@click.option(
    "--outcome",
    default="",
    type=click.Choice(["", "done", "refused"]),
    metavar="[done|refused]",
    help="Only events with this outcome.",
)
@click.option("--since", type=Moment(), help="Start time (ISO 8601), or an age such as 7d.")
@click.option("--until", type=Moment(), help="End time (ISO 8601), or an age such as 7d.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Maximum number of events; 0 for all.",
)
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
def list_(
    instance: str, zone: str, limit: int, *, wide: bool, as_json: bool, **filters: Any
) -> None:
    """List the most recent events, newest last.

    The lines of --json have the members of the servers' JSON log and the id: doctor reconcile reads
    both. Lines are 80 characters wide: long names are shortened in the middle, and details follow
    below their event. --zone, --actor, --subject and --outcome do not match events that earlier
    versions wrote without these columns.

    Groups of actions: credentials, database, instances, keys, logons, roles, settings, users. With
    --zone, --actor and --subject also find users by name; --subject finds role collections with
    their assignments.
    """
    from broker.audit.search import AuditFilter  # noqa: PLC0415
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.reports.audit_trail import recorded_events  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        instance_id = recorded_instance_id(settings, instance) if instance else ""
        zone_guid = recorded_zone_guid(settings, zone) if zone else ""
        engine = open_command_store(settings).engine
        chosen = AuditFilter(instance_id=instance_id, zone_guid=zone_guid, **filters)
        events = recorded_events(engine, chosen, limit or None)
    if as_json:
        for each in events:
            click.echo(json.dumps(_as_json(each)))
    elif wide:
        _print_wide(events)
    else:
        _print_narrow([each.event for each in events])


@audit.command()
@click.argument("event_id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show(event_id: str, *, as_json: bool) -> None:
    """Show the event with this id, which list --wide and --json print."""
    from broker.audit.search import parsed_id  # noqa: PLC0415
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.reports.audit_trail import recorded_event  # noqa: PLC0415

    with report_errors():
        engine = open_command_store(load_settings()).engine
        number = parsed_id(event_id)
        found = number and recorded_event(engine, number)
        if not found:
            raise NotFound("There is no audit event with this id.")
    members = _as_json(found)
    if as_json:
        click.echo(json.dumps(members))
        return
    for name, value in (members | {"at": found.event.at}).items():
        text = json.dumps(value) if isinstance(value, Mapping) else value
        click.echo(f"{name + ':':<15} {format_cell(text)}")


@audit.command()
@click.option("--older-than", type=Duration(), required=True, help="Minimum age, such as 365d.")
@click.option("--force", is_flag=True, help="Also delete events of the last 7 days.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def prune(older_than: timedelta, *, force: bool, yes: bool) -> None:
    """Permanently delete old events.

    The deletion itself is recorded as an event.
    """
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.reports.audit_trail import prune_audit_events  # noqa: PLC0415

    if older_than < _KEPT_UNLESS_FORCED and not force:
        raise click.UsageError("Deleting events of the last 7 days requires --force.")
    before = datetime.now(UTC) - older_than
    if not yes:
        click.confirm(f"Delete all events before {utc_text(before)}?", abort=True)
    with report_errors(), waiting("Deleting events"):
        engine = open_command_store(load_settings()).engine
        count = prune_audit_events(engine, before, operator())
    click.echo(f"Deleted {count} event{'' if count == 1 else 's'}.")


def _print_narrow(events: list[AuditEvent]) -> None:
    if not events:
        click.echo("No events found.")
        return
    click.secho(_line(*_COLUMNS), bold=True)
    for event in events:
        click.echo(
            _line(
                format_cell(event.at),
                event.action,
                str(event.actor),
                event.subject.id or event.subject.kind,
            )
        )
        for line in textwrap.wrap(
            "; ".join(_details(event)),
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="      ",
            break_on_hyphens=False,
        ):
            click.echo(line)


def _line(*cells: str) -> str:
    padded = (
        shortened(format_cell(cell), width).ljust(width)
        for cell, width in zip(cells, _COLUMNS.values(), strict=True)
    )
    return "  ".join(padded).rstrip()


def _details(event: AuditEvent) -> Iterator[str]:
    """Yield the details that have no column."""
    details = dict(event.details)
    if event.outcome == "refused":
        yield f"refused: {format_cell(details.pop('reason', None))}"
    if event.instance_id and event.instance_id != event.subject.id:
        yield f"instance {event.instance_id}"
    for name, value in details.items():
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        yield f"{name.replace('_', '-')} {format_cell(text)}"


def _print_wide(events: list[RecordedEvent]) -> None:
    print_table(
        (
            *("TIME", "ACTION", "OUTCOME", "ACTOR", "SUBJECT", "INSTANCE", "BINDING", "ZONE"),
            *("PLATFORM", "CORRELATION", "DETAILS", "ID"),
        ),
        (
            (
                event.at,
                event.action,
                event.outcome,
                f"{event.actor.kind} {event.actor}",
                f"{event.subject.kind} {event.subject.id}",
                event.instance_id,
                event.binding_id,
                event.zone_guid,
                event.actor.platform,
                event.actor.correlation_id,
                json.dumps(event.details) if event.details else None,
                each.id,
            )
            for each in events
            for event in [each.event]
        ),
        empty="No events found.",
        is_complete=True,
    )


def _as_json(recorded: RecordedEvent) -> dict[str, Any]:
    event = recorded.event
    return {
        "event": "audit",
        # A text: JavaScript and jq round numbers of this size.
        "id": str(recorded.id),
        "at": event.at.isoformat(),
        "action": event.action,
        "outcome": event.outcome,
        "zone": event.zone_guid,
        "actor": {"kind": event.actor.kind, "id": event.actor.id},
        "platform": event.actor.platform,
        "identity": event.actor.identity,
        "subject": {"kind": event.subject.kind, "id": event.subject.id},
        "instance_id": event.instance_id,
        "binding_id": event.binding_id,
        "correlation_id": event.actor.correlation_id,
        "details": dict(event.details),
    }
