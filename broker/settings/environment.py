"""Read the settings from the environment and derive the missing ones."""

from __future__ import annotations

import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError

from broker.addresses import ZONE_PLACEHOLDER
from broker.errors import ConfigurationError
from broker.runtime import state_directory
from broker.settings import cloudfoundry
from broker.settings.database import complete_url, name_of, problem_of
from broker.settings.installation import GivenSettings, default_url, recorded
from broker.settings.model import PREFIX, Settings
from broker.settings.names import unknown_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HTTPS_PORT = ":443"


def load_settings() -> Settings:
    """Return the complete settings; raise ConfigurationError naming every problem at once.

    In mode ``dev`` missing secrets are generated in the state directory. Errors show no values.
    """
    return _complete({}, creates=True)


def load_installed_settings(*, creates: bool = False) -> Settings:
    """Return the settings of the installation that environment and state directory name.

    The record of the state directory completes the environment, unless they contradict each other
    in mode or database (decision 0075). Nothing is created unless ``creates``. Raises
    ConfigurationError naming every problem at once, or that there is no installation.
    """
    given = GivenSettings()
    found = None if cloudfoundry.on_cloud_foundry(os.environ) else recorded(given.state_dir)
    if found is None and not (creates or given.names_installation):
        raise ConfigurationError(
            f"There is no installation in {given.state_dir.absolute()}. Run the command in the"
            " folder where the server was started, or set XSUAA_STATE_DIR to its state directory,"
            " or XSUAA_MODE and XSUAA_DATABASE_URL"
        )
    return _complete(found.missing_in(given) if found else {}, creates=creates)


def _complete(remembered: Mapping[str, Any], *, creates: bool) -> Settings:
    try:
        settings = Settings(**remembered)
    except ValidationError as error:
        problems = [_problem(detail) for detail in error.errors(include_input=False)]
        url = complete_url(GivenSettings().database_url.get_secret_value())
        if url and (problem := problem_of(url)):
            problems.append(f"XSUAA_DATABASE_URL: {problem}")
    else:
        derived, problems = _derived(settings, os.environ, creates=creates)
        settings = settings.model_copy(update=derived)
    # First, because a misspelt name is the cause of what is missing.
    problems = [*(str(each) for each in unknown_names() if each.nearest), *problems]
    if problems:
        raise ConfigurationError("\n".join(problems))
    return settings


def _problem(detail: Any) -> str:
    name, *inside = map(str, detail["loc"]) if detail["loc"] else [""]
    variable = name if name.isupper() else f"{PREFIX}{name.upper()}" if name else "Settings"
    place = "".join(f"[{step}]" if step.isdigit() else f".{step}" for step in inside)
    return f"{variable}{place}: {detail['msg'].removeprefix('Value error, ')}"


def _derived(
    settings: Settings, environ: Mapping[str, str], *, creates: bool
) -> tuple[dict[str, Any], list[str]]:
    given = settings.model_fields_set
    on_cf = cloudfoundry.on_cloud_foundry(environ)
    values: dict[str, Any] = {}
    if settings.mode == "dev" and "host" not in given:
        values["host"] = "127.0.0.1"
    if on_cf and "tls_port" not in given:
        values["tls_port"] = 0
    if on_cf and "trusted_hops" not in given:
        values["trusted_hops"] = 1  # the router
    database_url = _database_url(settings, environ)
    values["database_url"] = SecretStr(database_url)
    values |= _addresses(settings, values.get("tls_port", settings.tls_port), environ)
    problems: list[str] = []
    if creates:
        if database_url == default_url(settings.state_dir):
            state_directory.ensure_directory(settings.state_dir)
        values |= _generated_secrets(settings)
    else:
        existing, missing = _existing_secrets(settings)
        values |= existing
        problems += missing
    if settings.tracing and not _can_trace():
        problems.append(
            "XSUAA_TRACING: requires packages that are not installed; in a clone:"
            " .venv/bin/python -m pip install --require-hashes -r requirements-otel.txt"
        )
    host = values.get("host", settings.host)
    try:
        # The HTTP server accepts numeric addresses only.
        values["host"] = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0]
    except OSError:
        problems.append(f"XSUAA_HOST: {host[:64]} cannot be resolved to an address")
    problems += _database_problems(database_url, environ, creates=creates)
    return values, problems


def _database_problems(url: str, environ: Mapping[str, str], *, creates: bool) -> Iterator[str]:
    if problem := problem_of(url):
        yield f"XSUAA_DATABASE_URL: {problem}"
        return
    if not url.startswith("sqlite"):
        return
    if environ.get("CF_INSTANCE_INDEX", "0") != "0":
        yield (
            "XSUAA_DATABASE_URL: SQLite serves one application instance only; this is instance"
            f" {environ['CF_INSTANCE_INDEX']}. Bind a PostgreSQL or scale to one instance."
        )
    file = name_of(url).name
    if not (creates or Path(file).exists()):
        yield f"The database {file} does not exist; db upgrade creates it"


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
        return default_url(settings.state_dir)
    return complete_url(url)


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


def _existing_secrets(settings: Settings) -> tuple[dict[str, SecretStr], list[str]]:
    """Return the secrets that a server has generated, and what is missing."""
    values, problems = {}, []
    files = {
        "master_keys": state_directory.MASTER_KEYS_FILE,
        "broker_password": state_directory.BROKER_PASSWORD_FILE,
    }
    for name, file in files.items():
        if getattr(settings, name).get_secret_value():
            continue
        path = settings.state_dir.absolute() / file
        if path.exists():
            values[name] = SecretStr(state_directory.generated(path))
        elif name == "master_keys":
            problems.append(
                f"XSUAA_MASTER_KEYS: is not set, and {path} does not exist: no server of mode dev"
                " was started with this state directory"
            )
    return values, problems
