"""``pki``: the certificate authority (CA) that issues managed certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.cli.failures import report_errors
from broker.cli.installation import load_settings
from broker.cli.operator import operator

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from broker.audit.event import Action
    from broker.pki.issuing import IssuingAuthorities
    from broker.store.repositories import Repositories

    Work = Callable[[Repositories, IssuingAuthorities, datetime], object]


@click.group()
def pki() -> None:
    """Show, export and rotate the CA for managed certificates."""


@pki.command()
def show() -> None:
    """Show the CA certificates and which of them issues."""
    from broker.pki.issuing import Role  # noqa: PLC0415

    def print_all(found: Repositories, authorities: IssuingAuthorities, now: datetime) -> None:
        stored = found.authorities.all()
        if not stored:
            click.echo("There is no CA yet; the first managed certificate creates it.")
        for each in stored:
            certificate = each.parsed
            until = certificate.not_valid_after_utc
            states = {
                Role.ROOT: "signs intermediates",
                Role.INTERMEDIATE: "issues" if each.private_key else "retired, still trusted",
                Role.SUPPLIED: "supplied by the operator",
            }
            state = states[each.role] if until > now else "expired"
            click.echo(f"{each.role:<12}  {until:%Y-%m-%d}  {state}")
            click.echo(f"    {certificate.subject.rfc4514_string()}")
            click.echo(f"    SHA-256 {each.thumbprint}")
        supplied = authorities.supplied
        if supplied is not None:
            subject = supplied.certificate.subject.rfc4514_string()
            click.echo(f"Issuing CA (XSUAA_CA_CERTIFICATE_FILE): {subject}")

    _run(print_all)


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


def _run(work: Work) -> object:
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
