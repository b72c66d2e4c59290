"""``audit``: who did what."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from broker.cli.durations import Duration, Moment
from broker.cli.failures import clear_errors
from broker.cli.table import print_table
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from broker.audit.event import AuditEvent


@click.group()
def audit() -> None:
    """Read the audit trail."""


@audit.command("list")
@click.option("--instance", "instance_id", default="", help="Of this service instance only.")
@click.option("--binding", "binding_id", default="", help="Of this binding only.")
@click.option("--action", default="", help="Of this action only, such as bind.")
@click.option("--platform", default="", help="Of this platform only.")
@click.option("--since", type=Moment(), help="From this time on, or so long ago (7d).")
@click.option("--until", type=Moment(), help="Before this time, or so long ago (7d).")
@click.option("--limit", default=100, show_default=True, help="The newest so many events.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_(limit: int, *, as_json: bool, **wanted: Any) -> None:
    """List events, the newest last."""
    from broker.composition.administration import open_store  # noqa: PLC0415
    from broker.store.reports.audit_trail import AuditFilter, audit_events  # noqa: PLC0415

    with clear_errors():
        engine = open_store(load_settings()).engine
        events = audit_events(engine, AuditFilter(**wanted), limit)
    if as_json:
        for event in events:
            click.echo(json.dumps(_as_json(event)))
        return
    print_table(
        ("TIME", "ACTION", "INSTANCE", "BINDING", "PLATFORM", "USER", "CORRELATION", "DETAIL"),
        (
            (
                event.at,
                event.action,
                event.instance_id,
                event.binding_id,
                event.caller.platform,
                _user(event),
                event.caller.correlation_id,
                event.detail,
            )
            for event in events
        ),
        empty="No such event.",
    )


@audit.command()
@click.option("--older-than", type=Duration(), required=True, help="Such as 365d.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def prune(older_than: timedelta, *, yes: bool) -> None:
    """Delete old events for good."""
    from broker.composition.administration import open_store  # noqa: PLC0415
    from broker.store.reports.audit_trail import prune_audit_events  # noqa: PLC0415

    before = datetime.now(UTC) - older_than
    if not yes:
        click.confirm(f"Delete all events before {before:%Y-%m-%d %H:%M}Z?", abort=True)
    with clear_errors():
        count = prune_audit_events(open_store(load_settings()).engine, before)
    click.echo(f"Deleted {count} event{'' if count == 1 else 's'}.")


def _as_json(event: AuditEvent) -> dict[str, Any]:
    return {
        "at": event.at.isoformat(),
        "action": event.action,
        "platform": event.caller.platform,
        "identity": event.caller.identity,
        "instance_id": event.instance_id,
        "binding_id": event.binding_id,
        "correlation_id": event.caller.correlation_id,
        "detail": event.detail,
    }


def _user(event: AuditEvent) -> str:
    """Return what names the user: of Cloud Foundry's members the id, of Kubernetes' the name."""
    value = (event.caller.identity or {}).get("value")
    named = value if isinstance(value, dict) else {}
    return str(named.get("user_id") or named.get("username") or "")
