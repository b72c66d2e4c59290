"""The start-up banner of ``serve`` in mode dev."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from broker.cli.program import program
from broker.pki.development import CA_CERTIFICATE
from broker.runtime.resources import resource
from broker.runtime.state_directory import ADMIN_PASSWORD_FILE, BROKER_PASSWORD_FILE

if TYPE_CHECKING:
    from broker.composition.first_administrator import FirstAdministrator
    from broker.settings.model import Settings


def first_steps(settings: Settings) -> str:
    """Return addresses, broker credentials and commands to paste in this folder."""
    [service] = yaml.safe_load(resource("catalog.yaml").read_text())["services"]
    ids = f'"service_id": "{service["id"]}", "plan_id": "{service["plans"][0]["id"]}"'
    password = settings.broker_password.get_secret_value()
    database = settings.database_url.get_secret_value()
    local = f"http://localhost:{settings.port}"
    instance = f"{local}/v2/service_instances/my-uaa"
    curl = (
        f'curl -sS -u "{settings.broker_user}:{password}" -H "X-Broker-API-Version: 2.17"'
        ' -H "Content-Type: application/json" -X PUT'
    )
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
    kind = "SQLite" if database.startswith("sqlite") else "PostgreSQL"
    where = database.removeprefix("sqlite:///") if settings.on_sqlite else "XSUAA_DATABASE_URL"
    register = f"cf create-service-broker xsuaa {settings.broker_user} '{password}'"
    body = f'{ids}, "organization_guid": "my-org", "space_guid": "my-space"'
    parameters = '"parameters": {"xsappname": "my-app"}'
    lines += [
        f"  database  {kind}, {where}",
        f"  commands  {program(settings.state_dir)} --help",
        "",
        "Register it with Cloud Foundry:",
        f"  {register} {settings.public_url} --space-scoped",
        "Or try it without a platform: create a service instance, then a service key:",
        f"  {curl} {instance} -d '{{{body}, {parameters}}}'",
        f"  {curl} {instance}/service_bindings/key1 -d '{{{ids}}}'",
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
            "",
        ]
    )
