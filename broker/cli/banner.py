"""The start-up banner of ``serve`` in mode dev."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broker.cli.program import program
from broker.pki.development import CA_CERTIFICATE
from broker.runtime.state_directory import ADMIN_PASSWORD_FILE, BROKER_PASSWORD_FILE
from broker.settings.database import name_of

if TYPE_CHECKING:
    from broker.composition.first_administrator import FirstAdministrator
    from broker.settings.model import Settings


def first_steps(settings: Settings) -> str:
    """Return addresses, broker credentials and commands to paste in this folder."""
    password = settings.broker_password.get_secret_value()
    command = program(settings.state_dir)
    lines = [
        "",
        "xsuaa-broker is ready.",
        f"  broker    {settings.public_url}",
        f"  user      {settings.broker_user}",
        f"  password  {password}   (mode dev; from {settings.state_dir / BROKER_PASSWORD_FILE})",
    ]
    if settings.tls_port and settings.tls_certificate_file is None:
        ca = settings.state_dir / CA_CERTIFICATE
        lines.append(f"  https     https://localhost:{settings.tls_port}, CA certificate {ca}")
    register = f"cf create-service-broker xsuaa {settings.broker_user} '{password}'"
    lines += [
        f"  database  {name_of(settings.database_url.get_secret_value())}",
        f"  commands  {command} --help",
        "",
        "Register it with Cloud Foundry:",
        f"  {register} {settings.public_url} --space-scoped",
        "Or try it without a platform:",
        f'  {command} instances create my-uaa -c \'{{"xsappname": "my-app"}}\'',
        f"  {command} service-keys create my-uaa my-key",
        f"  {command} token my-uaa my-key",
        "",
    ]
    return "\n".join(lines)


def administrator(settings: Settings, found: FirstAdministrator) -> str:
    """Return where the user ``admin`` logs on, with the password when it was created."""
    file = settings.state_dir / ADMIN_PASSWORD_FILE
    password = (
        f"{found.password}   (shown once; kept in {file})" if found.password else f"in {file}"
    )
    return "\n".join(
        [
            "Administrator of the users of my-org:",
            f"  zone      {found.zone}",
            "  user      admin   (origin sap.default)",
            f"  password  {password}",
            f"  log on    {found.url}/account?zone={found.zone}",
            f"  console   {found.url}/console",
            "",
        ]
    )
