"""Read the settings from the environment and derive the missing ones."""

from __future__ import annotations

import os
import re
import socket
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from broker.addresses import ZONE_PLACEHOLDER
from broker.errors import ConfigurationError
from broker.runtime import state_directory
from broker.settings import cloudfoundry
from broker.settings.model import PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

_HTTPS_PORT = ":443"


def load_settings() -> Settings:
    """Return the complete settings; raise ConfigurationError naming every problem at once.

    In mode ``dev`` missing secrets are generated in the state directory. Errors show no values.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors(include_input=False)]
    else:
        derived, problems = _derived(settings, os.environ)
        settings = settings.model_copy(update=derived)
    if problems:
        raise ConfigurationError("\n".join(problems))
    return settings


def _problem(detail: Any) -> str:
    name, *inside = map(str, detail["loc"]) if detail["loc"] else [""]
    variable = name if name.isupper() else f"{PREFIX}{name.upper()}" if name else "Settings"
    place = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in inside)
    return f"{variable}{place}: {detail['msg'].removeprefix('Value error, ')}"


def _derived(settings: Settings, environ: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    given = settings.model_fields_set
    on_cf = cloudfoundry.on_cloud_foundry(environ)
    values: dict[str, Any] = {}
    if settings.mode == "dev" and "host" not in given:
        values["host"] = "127.0.0.1"
    if on_cf and "tls_port" not in given:
        values["tls_port"] = 0
    if on_cf and "trusted_hops" not in given:
        values["trusted_hops"] = 1  # the router
    values["database_url"] = SecretStr(_database_url(settings, environ))
    values |= _addresses(settings, values.get("tls_port", settings.tls_port), environ)
    values |= _generated_secrets(settings)
    problems = []
    if settings.tracing and not _can_trace():
        problems.append(
            "XSUAA_TRACING: requires packages that are not installed: pip install"
            " 'xsuaa-broker[otel]', or -r requirements-otel.txt"
        )
    host = values.get("host", settings.host)
    try:
        # The HTTP server accepts numeric addresses only.
        values["host"] = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        problems.append(f"XSUAA_HOST: {host[:64]} cannot be resolved to an address")
    if values["database_url"].get_secret_value().startswith("sqlite"):
        if environ.get("CF_INSTANCE_INDEX", "0") != "0":
            problems.append(
                "XSUAA_DATABASE_URL: SQLite serves one application instance only; this is instance"
                f" {environ['CF_INSTANCE_INDEX']}. Bind a PostgreSQL or scale to one instance."
            )
    elif not values["database_url"].get_secret_value().startswith("postgresql+psycopg://"):
        problems.append("XSUAA_DATABASE_URL: must start with sqlite:/// or postgresql://")
    return values, problems


def _can_trace() -> bool:
    try:
        # find_spec imports the parent packages only.
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:
        return False


def _database_url(settings: Settings, environ: Mapping[str, str]) -> str:
    url = settings.database_url.get_secret_value() or cloudfoundry.database_url(
        environ, settings.state_dir / "database"
    )
    if not url:
        state_directory.ensure_directory(settings.state_dir)
        return f"sqlite:///{(settings.state_dir / 'xsuaa.db').absolute()}"
    # SQLAlchemy knows no dialect "postgres" and defaults to psycopg 2.
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _addresses(settings: Settings, tls_port: int, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the URLs of D-27: from the settings, the route, or localhost with ports."""
    routed = cloudfoundry.public_url(environ)
    public = settings.public_url or routed or f"http://localhost:{settings.port}"
    local = f"localhost:{tls_port}" if tls_port and not routed and not settings.public_url else ""
    # SAP's Java library cannot parse a domain with a port.
    local = local.removesuffix(_HTTPS_PORT)
    host = urlsplit(public).netloc.removeprefix(f"{ZONE_PLACEHOLDER}.").removesuffix(_HTTPS_PORT)
    return {
        "public_url": public,
        "cert_url": settings.cert_url or (f"https://{local}" if local else public),
        "api_url": settings.api_url or public.replace(f"{ZONE_PLACEHOLDER}.", ""),
        "domain": settings.domain or local or host,
    }


def _generated_secrets(settings: Settings) -> dict[str, SecretStr]:
    makers = {"master_keys": state_directory.generated_master_keys}
    if settings.only != "tokens":
        makers["broker_password"] = state_directory.generated_password
    missing = [name for name in makers if not getattr(settings, name).get_secret_value()]
    return {name: SecretStr(makers[name](settings.state_dir)) for name in missing}
