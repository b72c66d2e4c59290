"""``pki``: the certificate authority (CA) that issues managed certificates."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator
from broker.cli.table import print_table, wide_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cryptography.x509 import Certificate

    from broker.audit.event import Action
    from broker.pki.issuing import IssuingAuthorities
    from broker.store.repositories import Repositories


_Result = TypeVar("_Result")


@click.group()
def pki() -> None:
    """Show, export and rotate the CA for managed certificates."""


@pki.command()
@wide_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def show(*, wide: bool, as_json: bool) -> None:
    """Show the CA certificates and which of them issues."""
    found = _run(_described)
    if as_json:
        document = [{**each, "expires_at": each["expires_at"].isoformat()} for each in found]
        click.echo(json.dumps(document, indent=2))
        return
    print_table(
        ("ROLE", "EXPIRES", "STATE", "SUBJECT", "SHA-256"),
        [tuple(each.values()) for each in found],
        empty="There is no CA yet; the first managed certificate creates it.",
        is_complete=wide,
        wide_only=("SHA-256",),
    )


def _described(
    found: Repositories, authorities: IssuingAuthorities, now: datetime
) -> list[dict[str, Any]]:
    """Return the stored CA certificates, and the one of the settings that issues instead."""
    from broker.pki.issuing import Role  # noqa: PLC0415

    shown = []
    for each in found.authorities.all():
        states = {
            Role.ROOT: "signs intermediates",
            Role.INTERMEDIATE: "issues" if each.private_key else "retired, still trusted",
            Role.SUPPLIED: "supplied by the operator",
        }
        is_expired = each.parsed.not_valid_after_utc <= now
        state = "expired" if is_expired else states[each.role]
        shown.append(_authority(each.role, state, each.parsed))
    if authorities.supplied is not None:
        issuing = authorities.supplied.certificate
        shown.append(_authority("XSUAA_CA_CERTIFICATE_FILE", "issues", issuing))
    return shown


def _authority(role: str, state: str, certificate: Certificate) -> dict[str, Any]:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415

    return {
        "role": role,
        "expires_at": certificate.not_valid_after_utc,
        "state": state,
        "subject": certificate.subject.rfc4514_string(),
        "thumbprint": certificate.fingerprint(SHA256()).hex(),
    }


@pki.command()
@click.option("--roots", is_flag=True, help="Only self-signed certificates.")
def export(*, roots: bool) -> None:
    """Print all CA certificates as PEM, for proxies and openssl.

    Creates the CA if there is none yet.
    """
    from broker.audit.event import Action  # noqa: PLC0415
    from broker.pki.authority import is_root  # noqa: PLC0415

    def print_pem(found: Repositories, authorities: IssuingAuthorities, now: datetime) -> None:
        authorities.issuing(found.authorities, now)
        _audit(found, Action.CREATE_AUTHORITY, now)
        for each in found.authorities.all():
            if is_root(each.parsed) or not roots:
                click.echo(each.certificate, nl=False)

    _run(print_pem)


@pki.command()
def rotate() -> None:
    """Create a new intermediate CA, which issues from now on.

    Certificates of the previous one are accepted until they expire; its private key is deleted.
    """
    from broker.audit.event import Action  # noqa: PLC0415

    def renew(found: Repositories, authorities: IssuingAuthorities, now: datetime) -> str:
        new = authorities.rotate(found.authorities, now)
        _audit(found, Action.ROTATE_AUTHORITY, now)
        return new.certificate.subject.rfc4514_string()

    click.echo(f"Managed certificates are now issued by {_run(renew)}.")


def _audit(found: Repositories, action: Action, now: datetime) -> None:
    """Append the audit events of the CAs that this transaction has created."""
    from broker.lifecycle.events import authority_events  # noqa: PLC0415

    for event in authority_events(action, found.authorities, operator(), now):
        found.audit.append(event)


def _run(work: Callable[[Repositories, IssuingAuthorities, datetime], _Result]) -> _Result:
    """Run ``work`` in one transaction and return its result."""
    from broker.clock import SystemClock  # noqa: PLC0415
    from broker.composition.administration import open_command_store  # noqa: PLC0415
    from broker.composition.certificates import issuing_authorities  # noqa: PLC0415
    from broker.store.transactions import StoreTransactions  # noqa: PLC0415

    with report_errors():
        settings = load_settings()
        store, authorities = open_command_store(settings), issuing_authorities(settings)
        return StoreTransactions(store.engine, store.keys).run(
            lambda found: work(found, authorities, SystemClock().now())
        )
