"""``completion``: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

PROGRAM = "xsuaa-broker"
VARIABLE = "_XSUAA_BROKER_COMPLETE"


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion of xsuaa-broker for SHELL.

    For this session: eval "$(xsuaa-broker completion bash)". For fish: xsuaa-broker completion fish
    | source.
    """
    found = get_completion_class(shell)
    if found is None:  # the choices above are click's own
        raise click.UsageError(f"There is no completion for {shell}.")
    click.echo(found(context.find_root().command, {}, PROGRAM, VARIABLE).source())
