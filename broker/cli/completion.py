"""``completion``: shell completion of commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

PROGRAM = "xsuaa-broker"
VARIABLE = "_XSUAA_BROKER_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the shell completion script for SHELL.

    To enable it in the current session: eval "$(xsuaa-broker completion bash)"; in fish:
    xsuaa-broker completion fish | source.
    """
    found = get_completion_class(shell)
    if found is None:  # the choices above are click's own
        raise click.UsageError(f"Completion for {shell} is not supported.")
    click.echo(found(context.find_root().command, {}, PROGRAM, VARIABLE).source())
