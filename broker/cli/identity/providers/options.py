"""Options and output that the commands on identity providers share."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import IO, TYPE_CHECKING, Any

import click

from broker.cli.files import json_object, name_of
from broker.cli.table import format_cell
from broker.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.identity.providers.provider import Provider

_MAX_SECRET_BYTES = 8192
SECRET = "relyingPartySecret"  # noqa: S105 - a name

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def configuration_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that ``configuration`` reads, as the parameter ``given``."""
    for option in reversed(
        (
            click.option(
                "--file",
                type=click.File("rb"),
                help='Members of the configuration as a JSON object; "-" reads standard input.',
            ),
            click.option("--issuer", metavar="URL", help="Issuer of the id tokens."),
            click.option("--client-id", metavar="ID", help="Client id at the provider."),
            click.option(
                "--secret-stdin",
                is_flag=True,
                help="Read the client secret at the provider, one line, from stdin.",
            ),
            click.option("--name", metavar="NAME", help="Name that users see."),
        )
    ):
        command = option(command)
    return command


def configuration(
    file: IO[bytes] | None, issuer: str | None, client_id: str | None, *, secret_stdin: bool
) -> dict[str, Any]:
    """Return the members of the configuration that the options set; raise InvalidRequest."""
    if secret_stdin and file is not None and name_of(file) == "<stdin>":
        raise click.UsageError("--file - and --secret-stdin both read standard input.")
    members = {} if file is None else json_object(file)
    members |= {
        key: value
        for key, value in {"issuer": issuer, "relyingPartyId": client_id}.items()
        if value is not None
    }
    if secret_stdin:
        members[SECRET] = _secret()
    return members


def document(provider: Provider) -> dict[str, Any]:
    """Return the provider for the output, without its secret."""
    return {
        "origin": provider.origin,
        "type": provider.type,
        "name": provider.name,
        "active": provider.is_active,
        "config": dict(provider.configuration),
        "has_secret": provider.has_secret,
        "version": provider.version,
        "created": provider.created_at,
        "updated": provider.updated_at,
    }


def as_text(found: object) -> str:
    """Return documents as JSON, with times in ISO 8601."""
    return json.dumps(found, indent=2, default=datetime.isoformat)


def print_document(found: dict[str, Any], *, as_json: bool) -> None:
    """Print a document as JSON, or as one line per member."""
    if as_json:
        click.echo(as_text(found))
        return
    own = {key.replace("_", "-"): value for key, value in found.items() if key != "config"}
    lines = own | found["config"]
    width = max(map(len, lines)) + 2
    for key, value in lines.items():
        is_plain = value is None or isinstance(value, str | int | datetime)
        text = format_cell(value) if is_plain and not isinstance(value, bool) else json.dumps(value)
        click.echo(f"{key + ':':{width}}{text}")


def _secret() -> str:
    given = sys.stdin.buffer.read(_MAX_SECRET_BYTES + 1)
    lines = given.decode(errors="replace").splitlines()
    if len(given) > _MAX_SECRET_BYTES or len(lines) != 1 or "\ufffd" in lines[0]:
        raise InvalidRequest.at("secret on stdin", "another text", "one line of UTF-8 text")
    return lines[0]
