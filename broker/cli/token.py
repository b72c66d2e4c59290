"""``token``: fetch and decode a token with the credentials of a service key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.table import format_cell

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO


@click.command()
@click.argument("instance")
@click.argument("key")
@click.option("--user", metavar="NAME", help="A token of this user (grant password).")
@click.option("--origin", metavar="ORIGIN", help="Identity provider of the user.")
@click.option("--password-stdin", is_flag=True, help="Read the user's password from stdin.")
@click.option("--scope", "scopes", multiple=True, help="Request this scope only; repeatable.")
@click.option(
    "--certificate",
    type=click.File(),
    metavar="FILE",
    help="Certificate (PEM) in place of that of the service key; requires --private-key.",
)
@click.option("--private-key", type=click.File(), metavar="FILE", help="Its private key (PEM).")
@click.option("--raw", is_flag=True, help="Print only the token, for an Authorization header.")
@click.option("--json", "as_json", is_flag=True, help="Print the response, header and claims.")
def token(  # noqa: PLR0913 - one parameter per option
    instance: str,
    key: str,
    *,
    user: str | None,
    origin: str | None,
    password_stdin: bool,
    scopes: tuple[str, ...],
    certificate: TextIO | None,
    private_key: TextIO | None,
    raw: bool,
    as_json: bool,
) -> None:
    """Fetch and decode a token with a service key.

    KEY is a service key of INSTANCE, an id or name. The running server returns the service key,
    which is an event of the audit trail; a key with a certificate authenticates by TLS. Without
    --user, the token is one of the application itself. The signature is not verified.
    """
    from broker.cli.platform.token_request import TokenRequest, decoded  # noqa: PLC0415
    from broker.cli.service_keys.at_server import KeysOfInstance  # noqa: PLC0415
    from broker.pki.development import CA_CERTIFICATE  # noqa: PLC0415

    if (certificate is None) != (private_key is None):
        raise click.UsageError("--certificate and --private-key are required together.")
    if user is None and (origin or password_stdin):
        raise click.UsageError("--origin and --password-stdin require --user.")
    with report_errors():
        settings = load_settings()
        credentials = KeysOfInstance.of(settings, instance).read(key).credentials
        pem = (
            (certificate.read(), private_key.read())
            if certificate and private_key
            else _key_pair(credentials)
        )
        response = TokenRequest(
            credentials,
            _parameters(user, origin, scopes, from_stdin=password_stdin),
            settings.state_dir / CA_CERTIFICATE,
            *pem,
        ).send()
    access_token = str(response.get("access_token"))
    parts = decoded(access_token)
    if raw:
        click.echo(access_token)
    elif as_json:
        header, claims = parts or (None, None)
        click.echo(json.dumps({**response, "header": header, "claims": claims}, indent=2))
    else:
        _print(response, *(parts or ({}, {})))


def _key_pair(credentials: Mapping[str, Any]) -> tuple[str, str]:
    """Return certificate and private key of a service key, '' for one with a secret."""
    from broker.errors import ConfigurationError  # noqa: PLC0415

    if credentials.get("clientsecret"):
        return "", ""
    certificate, key = credentials.get("certificate"), credentials.get("key")
    if not (certificate and key):
        missing = "private key" if credentials.get("credential-type") == "x509" else "secret"
        raise ConfigurationError(
            f"The server returns this service key without its {missing}. Give --certificate and"
            " --private-key with the files, or create another service key"
        )
    return str(certificate), str(key)


def _parameters(
    user: str | None, origin: str | None, scopes: tuple[str, ...], *, from_stdin: bool
) -> dict[str, str]:
    from broker.cli.identity.password_input import read_password  # noqa: PLC0415

    parameters = {"grant_type": "client_credentials"}
    if user is not None:
        prompt = f"Password of {format_cell(user)}"
        password = (
            read_password() if from_stdin else click.prompt(prompt, hide_input=True, err=True)
        )
        parameters = {"grant_type": "password", "username": user, "password": password}
    if origin:
        parameters["login_hint"] = json.dumps({"origin": origin})
    return parameters | ({"scope": " ".join(scopes)} if scopes else {})


def _print(response: Mapping[str, Any], header: Mapping[str, Any], claims: Any) -> None:
    expires = claims.get("exp")
    shown = {
        "type": f"{response.get('token_type')}, {header.get('alg')}, key {header.get('kid')}",
        "expires": datetime.fromtimestamp(expires, UTC) if isinstance(expires, int) else None,
        "scopes": ", ".join(claims.get("scope") or ()),
    }
    for name, value in shown.items():
        click.echo(f"{name + ':':10}{format_cell(value)}")
    click.echo(json.dumps(claims, indent=2))
