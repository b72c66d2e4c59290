"""``audit``: who did what."""

from __future__ import annotations

import json
import textwrap
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from broker.cli.durations import Duration, Moment
from broker.cli.failures import clear_errors
from broker.cli.operator import operator
from broker.cli.table import print_table, shown
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.audit.event import AuditEvent

_WIDTH = 80
_COLUMNS = {"TIME": 20, "ACTION": 22, "ACTOR": 16, "SUBJECT": 16}
"""Widths that make lines of 80 with two blanks between them."""

_KEPT_UNLESS_FORCED = timedelta(days=7)


@click.group()
def audit() -> None:
    """Read the audit trail."""


@audit.command("list")
@click.option("--instance", "instance_id", default="", help="Of this service instance only.")
@click.option("--binding", "binding_id", default="", help="Of this binding only.")
@click.option("--action", default="", help="Of this action only, such as bind.")
@click.option("--platform", default="", help="Of this platform only.")
@click.option("--zone", "zone_guid", default="", help="Of the zone with this GUID only.")
@click.option("--actor", "actor_id", default="", help="Of this user, platform or client only.")
@click.option("--subject", "subject_id", default="", help="About the subject with this id only.")
@click.option("--outcome", default="", type=click.Choice(["", "done", "refused"]), help="Only so.")
@click.option("--since", type=Moment(), help="From this time on, or so long ago (7d).")
@click.option("--until", type=Moment(), help="Before this time, or so long ago (7d).")
@click.option("--limit", default=100, show_default=True, help="The newest so many events.")
@click.option("--wide", is_flag=True, help="Print every column whole, one event a line.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_(limit: int, *, wide: bool, as_json: bool, **wanted: Any) -> None:
    """List events, the newest last.

    Lines have 80 columns: long names are cut in the middle, and details follow below their event.
    Zone, actor, subject and outcome of events from before an upgrade cannot be asked for.
    """
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.reports.audit_trail import AuditFilter, audit_events  # noqa: PLC0415

    with clear_errors():
        engine = open_command_store(load_settings()).engine
        events = audit_events(engine, AuditFilter(**wanted), limit)
    if as_json:
        for event in events:
            click.echo(json.dumps(_as_json(event)))
    elif wide:
        _print_wide(events)
    else:
        _print_narrow(events)


@audit.command()
@click.option("--older-than", type=Duration(), required=True, help="Such as 365d.")
@click.option("--force", is_flag=True, help="Also events of the last 7 days.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune(older_than: timedelta, *, force: bool, yes: bool) -> None:
    """Delete old events for good; one event says that it was done, and by whom."""
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.reports.audit_trail import prune_audit_events  # noqa: PLC0415

    if older_than < _KEPT_UNLESS_FORCED and not force:
        raise click.UsageError("Events of the last 7 days are deleted with --force only.")
    before = datetime.now(UTC) - older_than
    if not yes:
        click.confirm(f"Delete all events before {before:%Y-%m-%d %H:%M}Z?", abort=True)
    with clear_errors():
        engine = open_command_store(load_settings()).engine
        count = prune_audit_events(engine, before, operator())
    click.echo(f"Deleted {count} event{'' if count == 1 else 's'}.")


def _print_narrow(events: list[AuditEvent]) -> None:
    if not events:
        click.echo("No such event.")
        return
    click.secho(_line(*_COLUMNS), bold=True)
    for event in events:
        click.echo(
            _line(
                shown(event.at),
                event.action,
                str(event.actor),
                event.subject.id or event.subject.kind,
            )
        )
        for line in textwrap.wrap(
            "; ".join(_told(event)),
            _WIDTH,
            initial_indent="    ",
            subsequent_indent="      ",
            break_on_hyphens=False,
        ):
            click.echo(line)


def _line(*cells: str) -> str:
    padded = (
        _cut(shown(cell), width).ljust(width)
        for cell, width in zip(cells, _COLUMNS.values(), strict=True)
    )
    return "  ".join(padded).rstrip()


def _cut(text: str, width: int) -> str:
    """Return the text, its middle left out if it is too long: GUIDs differ at both ends."""
    if len(text) <= width:
        return text
    tail = (width - 1) // 2
    return f"{text[: width - 1 - tail]}…{text[-tail:]}"


def _told(event: AuditEvent) -> Iterator[str]:
    """Yield what the line about an event has no column for."""
    details = dict(event.details)
    if event.outcome == "refused":
        yield f"refused: {shown(details.pop('reason', None))}"
    if event.instance_id and event.instance_id != event.subject.id:
        yield f"instance {event.instance_id}"
    for name, value in details.items():
        text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
        yield f"{name.replace('_', '-')} {shown(text)}"


def _print_wide(events: list[AuditEvent]) -> None:
    print_table(
        (
            *("TIME", "ACTION", "OUTCOME", "ACTOR", "SUBJECT", "INSTANCE", "BINDING", "ZONE"),
            *("PLATFORM", "CORRELATION", "DETAILS"),
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
            )
            for event in events
        ),
        empty="No such event.",
    )


def _as_json(event: AuditEvent) -> dict[str, Any]:
    return {
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
