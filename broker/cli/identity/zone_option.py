"""The option ``--zone`` of commands that administer users, roles and providers."""

from __future__ import annotations

import click

zone_option = click.option(
    "--zone", required=True, metavar="ZONE", help="Index, GUID or subdomain of the zone."
)
"""Adds the parameter ``zone``, the text that ``administered_zone`` looks up."""
