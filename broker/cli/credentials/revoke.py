"""``credentials revoke``."""

from __future__ import annotations

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.platform.names import binding_id_of, inspected


@click.command()
@click.argument("instance")
@click.argument("binding")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def revoke(instance: str, binding: str, *, yes: bool) -> None:
    """Revoke the credential of one binding at once.

    INSTANCE is an id or name, BINDING an id. The binding is deleted, as by an unbind of its
    platform. Bindings with an instance secret share it: see the command secrets.
    """
    from broker.composition.administration import (  # noqa: PLC0415
        credential_changes,
        open_administration,
        open_command_store,
    )

    with report_errors():
        settings = load_settings()
        inspection = inspected(open_administration(settings).inspect, instance)
        instance_id = inspection.instance.instance_id
        binding_id = binding_id_of(inspection, binding)
        if not yes:
            click.confirm(f"Revoke the credential of binding {binding_id}?", abort=True)
        changes = credential_changes(open_command_store(settings))
        revoked = changes.revoke(operator(), None, instance_id, binding_id)
    click.echo(f"The {revoked.binding.credential_type} of binding {binding_id} was revoked.")
    click.echo(revoked.next_step.step)
    for command in revoked.next_step.commands:
        click.echo(f"  {command}")
