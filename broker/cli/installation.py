"""The settings of commands, and the name of their database for errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.settings.database import name_of
from broker.settings.environment import load_installed_settings

if TYPE_CHECKING:
    from broker.settings.model import Settings

_DATABASE = "xsuaa-database-name"


def load_settings(*, creates: bool = False) -> Settings:
    """Return the settings of the installation; raise ConfigurationError without one.

    Nothing is created in the file system unless ``creates``.
    """
    settings = load_installed_settings(creates=creates)
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta[_DATABASE] = str(name_of(settings.database_url.get_secret_value()))
    return settings


def database_name() -> str | None:
    """Return the name of the database that the present command uses; None before it is known."""
    context = click.get_current_context(silent=True)
    return None if context is None else context.meta.get(_DATABASE)
