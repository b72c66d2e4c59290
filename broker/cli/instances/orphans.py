"""Service instances that the platform's list lacks."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from broker.cli.files import platform_ids, require_some_listed
from broker.cli.table import Id, print_table
from broker.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.instances.model import Instance
    from broker.lifecycle.inspect import Inspection


def orphans(found: Sequence[Instance], existing: IO[bytes], *, allow_empty: bool) -> list[str]:
    """Return the ids of those instances that the platform's list ``existing`` lacks.

    Raises ConfigurationError for instances of several platforms, an incomplete list, and, without
    ``allow_empty``, a list that contains none of the instances.
    """
    platforms = sorted({each.platform for each in found})
    if len(platforms) > 1:
        raise ConfigurationError(
            f"The list must be of one platform; add --platform with one of {', '.join(platforms)}."
        )
    ids, listed = [(each.platform, each.instance_id) for each in found], platform_ids(existing)
    if not allow_empty:
        require_some_listed(existing, listed, ids, "service instances", "shown as orphaned")
    return [each for _, each in ids if each not in listed]


def print_orphans(found: Sequence[Inspection], *, wide: bool) -> None:
    """Print the instances as a table, with the last use of their credentials."""
    print_table(
        (
            "INSTANCE",
            "NAME",
            "ORGANIZATION",
            "SPACE",
            "APPLICATION",
            "CREATED",
            "BINDINGS",
            "LAST USED",
        ),
        (
            (
                Id(each.instance.instance_id),
                each.instance.name,
                *each.instance.location,
                each.instance.client.app_id,
                each.instance.created_at,
                len(each.bindings),
                each.last_used_at,
            )
            for each in found
        ),
        empty="The list contains all service instances.",
        is_complete=wide,
        wide_only=("ORGANIZATION", "SPACE", "CREATED"),
    )
