"""``credentials report``: which credential types are still needed."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from broker.cli.durations import Duration
from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.platform.names import instance_id_of
from broker.cli.table import Id, format_cell, print_table, wide_option
from broker.credentials.readiness import Need
from broker.descriptor.model import CredentialType
from broker.runtime.waiting import waiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.credentials.readiness import (
        CredentialUse,
        HeldBinding,
        InstanceReadiness,
        Removal,
    )

_INSTANCE_SECRET = "instance-secret"  # noqa: S105 - the name of a type
_NEEDED = 3
"""Exit status of ``--fail-if-needed``."""


@click.command()
@click.option(
    "--instance", default="", metavar="INSTANCE", help="Only the instance with this id or name."
)
@click.option(
    "--within",
    type=Duration(),
    default="30d",
    show_default=True,
    help="Credentials used within this time count as in use.",
)
@click.option(
    "--fail-if-needed",
    "types",
    multiple=True,
    type=click.Choice([each.value for each in CredentialType]),
    help="Exit with status 3 if this type is in use, or its use is unknown; repeatable.",
)
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def report(
    instance: str, within: timedelta, types: tuple[str, ...], *, wide: bool, as_json: bool
) -> None:
    """Report which credential types are still needed.

    Shows when each was last used and how many bindings break without it. The last line states
    whether any instance secret is still needed; the JSON document states it of every type in its
    member types.
    """
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.store.reports.readiness import read_readiness  # noqa: PLC0415

    with report_errors(), waiting("Reading the use of credentials"):
        settings = load_settings()
        instance_id = instance_id_of(settings, instance) if instance else ""
        since, instances = read_readiness(open_command_store(settings).engine, instance_id)
    now = datetime.now(UTC)
    judged = [(each, list(each.removals(now, within, since))) for each in instances]
    answers = _answers(judged)
    if as_json:
        document = {
            "counted_since": since.isoformat(),
            "within_seconds": int(within.total_seconds()),
            "types": answers,
            "instances": [_instance_json(each, removals) for each, removals in judged],
        }
        click.echo(json.dumps(document, indent=2))
    else:
        _print(judged, within, since, of_one=bool(instance_id), wide=wide)
    if any(type_ in answers and answers[type_]["needed"] for type_ in types):
        sys.exit(_NEEDED)


def _print(
    judged: Sequence[tuple[InstanceReadiness, Sequence[Removal]]],
    within: timedelta,
    since: datetime,
    *,
    of_one: bool,
    wide: bool,
) -> None:
    print_table(
        ("APPLICATION", "INSTANCE", "TYPE", "NEED", "LAST USED", "BREAKS"),
        (
            (
                each.app_id,
                each.instance_id,
                removal.type,
                removal.need,
                removal.last_used_at,
                len(removal.breaks),
            )
            for each, removals in judged
            for removal in removals
        ),
        empty="There are no service instances.",
        is_complete=wide,
        wide_only=("INSTANCE",),
    )
    if of_one and judged:
        click.echo()
        _print_bindings(judged[0][0].bindings, wide=wide)
    click.echo()
    click.echo(_summary(judged, within, since))


def _print_bindings(bindings: Sequence[HeldBinding], *, wide: bool) -> None:
    print_table(
        ("BINDING", "TYPE", "CREATED", "LAST USED", "ACCEPTED", "REFUSED", "APPLICATION"),
        (
            (
                Id(binding.binding_id),
                binding.type,
                binding.created_at,
                binding.use.used_at if binding.use else "shared",
                binding.use.accepted if binding.use else None,
                binding.use.refused if binding.use else None,
                binding.app_guid,
            )
            for binding in bindings
        ),
        empty="The service instance has no bindings.",
        is_complete=wide,
        wide_only=("CREATED", "APPLICATION"),
    )


def _answers(
    judged: Sequence[tuple[InstanceReadiness, Sequence[Removal]]],
) -> dict[str, dict[str, Any]]:
    """Return by type whether it is needed, and the applications that use or hold it."""
    applications: dict[str, dict[str, list[str]]] = {}
    for each, removals in judged:
        for removal in removals:
            by_need = applications.setdefault(removal.type, {})
            by_need.setdefault(removal.need, []).append(each.app_id)
    return {
        type_: {
            "needed": Need.USED in by_need or Need.UNKNOWN in by_need,
            "in_use": by_need.get(Need.USED, []),
            "use_unknown": by_need.get(Need.UNKNOWN, []),
            "held_unused": by_need.get(Need.HELD, []),
        }
        for type_, by_need in sorted(applications.items())
    }


def _summary(
    judged: Sequence[tuple[InstanceReadiness, Sequence[Removal]]],
    within: timedelta,
    since: datetime,
) -> str:
    """Return the sentence that states whether any instance secret is still needed."""
    needs: dict[str, list[str]] = {}
    for each, removals in judged:
        for removal in removals:
            if removal.type == _INSTANCE_SECRET:
                needs.setdefault(removal.need, []).append(each.app_id)
    used, unknown = needs.get("in use", []), needs.get("held, use unknown", [])
    held = needs.get("held, not used", [])
    counted = f"Usage is recorded since {format_cell(since)}."
    if used:
        return f"Instance secrets are still needed by {', '.join(used)}. {counted}"
    if unknown:
        return (
            f"No use of an instance secret is recorded, but recording began less than"
            f" {within.days} days ago, and bindings contain one: {', '.join(unknown)}. {counted}"
        )
    if held:
        return (
            f"No instance secret was used within {within.days} days, but bindings contain one:"
            f" {', '.join(held)}. {counted}"
        )
    return f"No instance secret is needed any more. {counted}"


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
