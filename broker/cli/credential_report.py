"""``credentials report``: what still needs which credential type."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from broker.cli.durations import Duration
from broker.cli.failures import clear_errors
from broker.cli.table import print_table, shown
from broker.settings.environment import load_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.credentials.readiness import (
        CredentialUse,
        HeldBinding,
        InstanceReadiness,
        Removal,
    )

_INSTANCE_SECRET = "instance-secret"  # noqa: S105 - the name of a type


@click.command()
@click.option("--instance", "instance_id", default="", help="Of this service instance only.")
@click.option(
    "--within",
    type=Duration(),
    default="30d",
    show_default=True,
    help="What was used within this time counts as in use.",
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as one JSON document.")
def report(instance_id: str, within: timedelta, *, as_json: bool) -> None:
    """Tell which credential types are still needed, by what, and who used them when.

    The last line answers whether anything still needs an instance secret.
    """
    from broker.composition.administration import open_store  # noqa: PLC0415
    from broker.store.reports.readiness import read_readiness  # noqa: PLC0415

    with clear_errors():
        since, instances = read_readiness(open_store(load_settings()).engine, instance_id)
    now = datetime.now(UTC)
    judged = [(each, list(each.removals(now, within, since))) for each in instances]
    if instance_id and not instances:
        click.secho("Error: This service instance does not exist.", fg="red", err=True)
        sys.exit(1)
    if as_json:
        document = {
            "counted_since": since.isoformat(),
            "within_seconds": int(within.total_seconds()),
            "instances": [_instance_json(each, removals) for each, removals in judged],
        }
        click.echo(json.dumps(document, indent=2))
        return
    print_table(
        ("APPLICATION", "INSTANCE", "TYPE", "NEED", "LAST USED", "WOULD BREAK"),
        (
            (
                each.app_id,
                each.instance_id,
                removal.type,
                removal.need,
                removal.last_used_at,
                _numbered(len(removal.breaks), "binding"),
            )
            for each, removals in judged
            for removal in removals
        ),
        empty="There are no service instances.",
    )
    if instance_id:
        click.echo()
        _print_bindings(judged[0][0].bindings)
    click.echo()
    click.echo(_answer(judged, within, since))


def _print_bindings(bindings: Sequence[HeldBinding]) -> None:
    print_table(
        ("BINDING", "TYPE", "CREATED", "LAST USED", "ACCEPTED", "REFUSED", "APPLICATION"),
        (
            (
                binding.binding_id,
                binding.type,
                binding.created_at,
                binding.use.used_at if binding.use else "shared",
                binding.use.accepted if binding.use else None,
                binding.use.refused if binding.use else None,
                binding.app_guid,
            )
            for binding in bindings
        ),
        empty="It has no bindings.",
    )


def _answer(
    judged: Sequence[tuple[InstanceReadiness, Sequence[Removal]]],
    within: timedelta,
    since: datetime,
) -> str:
    """Return whether anything still needs an instance secret."""
    needs: dict[str, list[str]] = {}
    for each, removals in judged:
        for removal in removals:
            if removal.type == _INSTANCE_SECRET:
                needs.setdefault(removal.need, []).append(each.app_id)
    used, unknown = needs.get("in use", []), needs.get("held, use unknown", [])
    held = needs.get("held, not used", [])
    counted = f"Use is counted since {shown(since)}."
    if used:
        return f"Instance secrets are still needed by {', '.join(used)}. {counted}"
    if unknown:
        return (
            f"Nothing used an instance secret so far, but that was counted for less than"
            f" {within.days} days, and bindings hold them: {', '.join(unknown)}. {counted}"
        )
    if held:
        return (
            f"Nothing used an instance secret within {within.days} days, but bindings hold them:"
            f" {', '.join(held)}. {counted}"
        )
    return f"Nothing needs an instance secret any more. {counted}"


def _instance_json(each: InstanceReadiness, removals: Sequence[Removal]) -> dict[str, Any]:
    return {
        "instance_id": each.instance_id,
        "application": each.app_id,
        "platform": each.platform,
        "issues": each.types[0],
        "accepts": list(each.types),
        "instance_secret": each.instance_secret and _use_json(each.instance_secret),
        "bindings": [
            {
                "binding_id": binding.binding_id,
                "type": binding.type,
                "app_guid": binding.app_guid,
                "created_at": binding.created_at.isoformat(),
                "use": binding.use and _use_json(binding.use),
            }
            for binding in each.bindings
        ],
        "removal": {
            removal.type: {
                "need": removal.need,
                "would_break": list(removal.breaks),
                "used_lately": list(removal.used_lately),
                "last_used_at": _time(removal.last_used_at),
            }
            for removal in removals
        },
    }


def _use_json(use: CredentialUse) -> dict[str, Any]:
    return {
        "created_at": use.created_at.isoformat(),
        "last_used_at": _time(use.last_used_at),
        "previous_used_at": _time(use.previous_used_at),
        "previous_accepted_until": _time(use.previous_until),
        "delisted_at": _time(use.delisted_at),
        "accepted": use.accepted,
        "refused": use.refused,
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()


def _numbered(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}" if count else ""
