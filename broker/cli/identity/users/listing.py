"""``users list``."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.identity.services import services
from broker.cli.identity.users.options import document, json_option
from broker.cli.identity.zone_option import zone_option
from broker.cli.table import print_table, wide_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from broker.identity.user import User


@click.command("list")
@zone_option
@click.option("--name", default="", metavar="TEXT", help="Only users whose name contains TEXT.")
@click.option("--email", default="", metavar="TEXT", help="Only users whose address contains TEXT.")
@click.option("--origin", default="", help="Only users of this identity provider.")
@click.option("--limit", type=click.IntRange(min=1), help="Maximum number of users; default all.")
@click.option("--after", metavar="ORIGIN/NAME", help="Continue after this user.")
@wide_option
@json_option
def list_(  # noqa: PLR0913, PLR0917 - one parameter per option
    zone: str,
    name: str,
    email: str,
    origin: str,
    limit: int | None,
    after: str | None,
    *,
    wide: bool,
    as_json: bool,
) -> None:
    """List the users of a zone, ordered by origin and name."""
    from broker.identity.users.search import UserQuery  # noqa: PLC0415

    with report_errors():
        query = UserQuery(name, email, origin, _position(after))
        found = services().users.read.all(zone, query)
        users = list(islice(found, limit))
        is_cut = limit is not None and next(found, None) is not None
    print_users(users, wide=wide, as_json=as_json)
    if is_cut:
        last = users[-1]
        click.echo(f"There are more users: add --after {last.origin}/{last.name}", err=True)


def print_users(users: Sequence[User], *, wide: bool, as_json: bool) -> None:
    """Print the users as a table, or as JSON."""
    if as_json:
        click.echo(json.dumps([document(user) for user in users], indent=2))
        return
    print_table(
        ("NAME", "ORIGIN", "EMAIL", "STATE", "LAST LOGON"),
        [(user.name, user.origin, user.email, _state(user), user.last_logon_at) for user in users],
        empty="No users found.",
        is_complete=wide,
    )


def _position(after: str | None) -> tuple[str, str] | None:
    if after is None:
        return None
    # Origins contain no slash.
    origin, slash, name = after.partition("/")
    if not slash:
        raise click.UsageError("--after: specify ORIGIN/NAME.")
    return origin, name


def _state(user: User) -> str:
    return "active" if user.is_active else "inactive"
