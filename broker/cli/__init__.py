"""The command line: ``xsuaa-broker`` or ``python -m broker``. One module per command group.

Commands import what they run inside their functions, so that each one starts fast.
"""

from __future__ import annotations

import gc
import os

import click

from broker import __version__
from broker.cli.audit import audit
from broker.cli.completion import completion
from broker.cli.credentials import credentials
from broker.cli.data_keys import data_keys
from broker.cli.db import db
from broker.cli.descriptor import descriptor
from broker.cli.doctor import doctor
from broker.cli.identity.applications import applications
from broker.cli.identity.operators import operators
from broker.cli.identity.providers import providers
from broker.cli.identity.role_collections import role_collections
from broker.cli.identity.roles import roles
from broker.cli.identity.users import users
from broker.cli.instances import instances
from broker.cli.keys import keys
from broker.cli.pki import pki
from broker.cli.refusals import refusals
from broker.cli.secrets import secrets
from broker.cli.serve import serve
from broker.cli.service_keys import service_keys
from broker.cli.token import token
from broker.cli.zones import zones


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
def main() -> None:
    """Run and operate the XSUAA-compatible service broker.

    Settings come from the environment, and from the installation in XSUAA_STATE_DIR (default var);
    .env.example lists them all. INSTANCE is the id of a service instance, its first 8 characters,
    or its name. Exit status: 0 done; 1 refused or failed; 2 wrong usage; 3 a type of credentials
    report --fail-if-needed is needed.
    """
    # Files of this process, the database included, are readable by its own user only.
    os.umask(0o077)
    # Imports create many objects and little garbage: fewer collections save a seventh of the time.
    gc.set_threshold(100_000)


for command in (
    *(serve, db, instances, service_keys, token, zones, users, operators, credentials),
    *(applications, providers, role_collections, roles),
    *(secrets, pki, keys, data_keys, refusals, audit, doctor, descriptor, completion),
):
    main.add_command(command)
