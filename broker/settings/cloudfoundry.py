"""Settings from the Cloud Foundry environment: routes and the bound PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from broker.errors import ConfigurationError
from broker.json_text.reader import MalformedJson, read_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_POSTGRESQL_TAGS = frozenset({"postgresql", "postgres"})
_DEFAULT_PORT = 5432
_LIBPQ_OPTIONS = frozenset({"sslmode", "connect_timeout", "application_name"})
_CERTIFICATE_FIELDS = {
    "sslrootcert": ("sslrootcert", "cacrt"),
    "sslcert": ("sslcert",),
    "sslkey": ("sslkey",),
}


def on_cloud_foundry(environ: Mapping[str, str]) -> bool:
    """Return whether this process runs as a Cloud Foundry application."""
    return "VCAP_APPLICATION" in environ


def public_url(environ: Mapping[str, str]) -> str | None:
    """Return the origin of the application's first route, with https, or None."""
    uris = _json_object(environ, "VCAP_APPLICATION").get("application_uris") or []
    return f"https://{uris[0]}" if uris else None


def database_url(environ: Mapping[str, str], certificates: Path) -> str | None:
    """Return the SQLAlchemy URL of the one bound PostgreSQL, or None when none is bound.

    PEM texts in the credentials are written to files of mode 0600 in ``certificates``, because
    libpq takes paths. Raises ConfigurationError if several databases are bound.
    """
    found = list(_postgresql_bindings(_json_object(environ, "VCAP_SERVICES")))
    if not found:
        return None
    if len(found) > 1:
        raise ConfigurationError(
            "VCAP_SERVICES contains more than one PostgreSQL; select one with XSUAA_DATABASE_URL."
        )
    credentials = found[0]
    address, options = _address_from(credentials)
    for option, fields in _CERTIFICATE_FIELDS.items():
        if pem := _first(credentials, *fields):
            options[option] = str(_write_pem(certificates, option, pem))
    if "sslrootcert" in options:
        options.setdefault("sslmode", "verify-ca")
    return f"postgresql+psycopg://{address}" + (f"?{urlencode(options)}" if options else "")


def _json_object(environ: Mapping[str, str], name: str) -> dict[str, Any]:
    text = environ.get(name) or "{}"
    try:
        return read_object(text)
    except MalformedJson as error:
        raise ConfigurationError(f"{name} is not a JSON object: {error}.") from None


def _postgresql_bindings(services: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for label, bindings in services.items():
        for binding in bindings:
            credentials = binding.get("credentials")
            tags = {str(tag).lower() for tag in binding.get("tags") or ()}
            if isinstance(credentials, dict) and (
                tags & _POSTGRESQL_TAGS
                or "postgres" in label.lower()
                or str(credentials.get("uri", "")).startswith(("postgres:", "postgresql:"))
            ):
                yield credentials


@dataclass(frozen=True, slots=True)
class _Address:
    """Host, port, name and credentials of a database."""

    user: str | None
    password: str | None
    host: str | None
    port: int
    name: str | None

    @property
    def is_complete(self) -> bool:
        return bool(self.user and self.password and self.host and self.name)

    def __str__(self) -> str:
        owner = f"{quote(self.user or '', safe='')}:{quote(self.password or '', safe='')}"
        host = f"[{self.host}]" if ":" in (self.host or "") else self.host
        return f"{owner}@{host}:{self.port}/{quote(self.name or '', safe='')}"


def _address_from(credentials: Mapping[str, Any]) -> tuple[_Address, dict[str, str]]:
    """Return the address and the libpq options from the URI."""
    # Some services bind a uri that is malformed, lacks the password or lists several hosts: use the
    # other members instead.
    address, options = _parsed_uri(str(credentials.get("uri") or ""))
    if address is None or not address.is_complete:
        hosts = credentials.get("hosts") or [None]
        address = _Address(
            user=_first(credentials, "username", "user"),
            password=_first(credentials, "password"),
            host=_first(credentials, "hostname", "host") or hosts[0],
            port=int(credentials.get("port") or _DEFAULT_PORT),
            name=_first(credentials, "dbname", "db_name", "database", "db", "name"),
        )
    if not address.is_complete:
        raise ConfigurationError(
            "The bound PostgreSQL has neither a complete uri nor host, database, user and password;"
            " set XSUAA_DATABASE_URL."
        )
    return address, options


def _parsed_uri(text: str) -> tuple[_Address | None, dict[str, str]]:
    try:
        uri = urlsplit(text)
        port = uri.port or _DEFAULT_PORT
    except ValueError:
        return None, {}
    options = {key: value for key, value in parse_qsl(uri.query) if key in _LIBPQ_OPTIONS}
    if "," in (uri.hostname or ""):
        return None, options
    address = _Address(
        user=uri.username and unquote(uri.username),
        password=uri.password and unquote(uri.password),
        host=uri.hostname,
        port=port,
        name=unquote(uri.path.strip("/")),
    )
    return address, options


def _first(credentials: Mapping[str, Any], *fields: str) -> str | None:
    return next((str(credentials[field]) for field in fields if credentials.get(field)), None)


def _write_pem(folder: Path, name: str, pem: str) -> Path:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{name}.pem"
    path.touch(mode=0o600)
    path.write_text(pem)
    return path
