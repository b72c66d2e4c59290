"""``credentials revoke``."""

from __future__ import annotations

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator


@click.command()
@click.argument("instance_id")
@click.argument("binding_id")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def revoke(instance_id: str, binding_id: str, *, yes: bool) -> None:
    """Revoke the credential of one binding at once.

    The binding is deleted, as by an unbind of its platform. Bindings with an instance secret share
    it: see the command secrets.
    """
    from broker.composition.administration import (  # noqa: PLC0415
        credential_changes,
        open_command_store,
    )

    if not yes:
        click.confirm(f"Revoke the credential of binding {binding_id}?", abort=True)
    with report_errors():
        changes = credential_changes(open_command_store(load_settings()))
        revoked = changes.revoke(operator(), None, instance_id, binding_id)
    click.echo(f"The {revoked.binding.credential_type} of binding {binding_id} was revoked.")
    click.echo(revoked.next_step.step)
    for command in revoked.next_step.commands:
        click.echo(f"  {command}")
