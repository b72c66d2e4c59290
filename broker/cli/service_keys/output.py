"""Where service keys are written: standard output, one file, or files in a directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from broker.cli.platform.private_files import require_directory, require_writable, write
from broker.cli.service_keys.formats import (
    CA_FILE,
    CERTIFICATE_FILE,
    CREDENTIALS_FILE,
    FILES,
    FORMATS,
    KEY_FILE,
    files,
)
from broker.pki.development import CA_CERTIFICATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from broker.cli.service_keys.formats import ServiceKey
    from broker.settings.model import Settings


@dataclass(frozen=True, slots=True)
class Output:
    """The form of a service key, and its place: None is standard output."""

    format: str
    path: Path | None
    replace: bool

    def require_writable(self) -> None:
        """Raise ConfigurationError if the files cannot be written; creates the directory."""
        if self.path is None:
            if self.format == FILES:
                raise click.UsageError("--format files requires --output with a directory.")
            return
        if self.format != FILES:
            require_writable(self.path, replace=self.replace)
            return
        require_directory(self.path)
        for name in (CERTIFICATE_FILE, KEY_FILE, CA_FILE, CREDENTIALS_FILE):
            require_writable(self.path / name, replace=self.replace)

    def write(self, key: ServiceKey, settings: Settings) -> None:
        """Write or print the service key; raise ConfigurationError."""
        if self.format != FILES:
            text = FORMATS[self.format](key)
            if self.path is None:
                click.echo(text, nl=False)
                return
            write(self.path, text, replace=self.replace)
            click.echo(f"Wrote {self.path}.", err=True)
            return
        written = files(key, _ca_of(settings))
        folder = self.path or Path()
        for name, text in written.items():
            write(folder / name, text, replace=self.replace)
            click.echo(f"Wrote {folder / name}.", err=True)
        if CERTIFICATE_FILE not in written:
            kind = key.credentials.get("credential-type")
            click.echo(
                f"The service key has no certificate: its credential type is {kind}.", err=True
            )


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add ``--format``, ``--output`` and ``--force``."""
    for option in (
        click.option("--force", "replace", is_flag=True, help="Replace existing files."),
        click.option(
            "--output",
            "-o",
            "path",
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="File to write, with mode 0600; with --format files a directory. Default:"
            " standard output.",
        ),
        click.option(
            "--format",
            "format_",
            type=click.Choice([*FORMATS, FILES]),
            default="credentials",
            show_default=True,
            help="credentials: the JSON object. vcap: VCAP_SERVICES. default-env: default-env.json"
            " of @sap/xsenv. dotenv: a line for .env. kubernetes-secret: a manifest. files:"
            " certificate, key and CA as PEM.",
        ),
    ):
        command = option(command)
    return command


def _ca_of(settings: Settings) -> str | None:
    """Return the CA of the generated server certificate, None if it is not generated."""
    file = settings.state_dir / CA_CERTIFICATE
    if settings.tls_certificate_file is not None or not file.exists():
        return None
    return file.read_text()
