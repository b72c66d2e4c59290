"""Findings of each kind in a zone, on the database of a ``Domain``."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from broker.authentication.refused_attempts import RefusedAttempts
from broker.credentials.usage import Usage
from broker.lifecycle.overview.read import LATELY
from broker.store.credentials.usage import write_usage
from broker.store.tables.core import client, credential, service_binding
from broker.store.tables.usage import credential_usage, installation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tests.support.domain import Domain

LONG_AGO = LATELY + timedelta(days=10)
TYPES = ("binding-secret", "x509", "instance-secret")


def with_types(descriptor: dict[str, Any], *types: str) -> dict[str, Any]:
    """Return the descriptor with these credential types."""
    return descriptor | {"oauth2-configuration": {"credential-types": list(types or TYPES)}}


def count_since(domain: Domain, ago: timedelta = LONG_AGO) -> None:
    """Let uses be counted since then, by default for longer than credentials must be unused."""
    with domain.engine.begin() as connection:
        since = domain.clock.now() - ago
        connection.execute(update(installation).values(usage_since=since))


def set_times(domain: Domain, binding_id: str, **times: datetime) -> None:
    """Set these times of the credential of the binding."""
    binding = select(service_binding.c.id).where(service_binding.c.binding_id == binding_id)
    with domain.engine.begin() as connection:
        own = credential.c.binding_row_id.in_(binding)
        assert connection.execute(update(credential).where(own).values(**times)).rowcount


def expiring(domain: Domain, instance_id: str, binding_id: str, left: float = 0.2) -> None:
    """Bind with a certificate that has this share of ten days left."""
    domain.bind(instance_id, binding_id, {"credential-type": "x509"})
    end = domain.clock.now() + timedelta(days=10) * left
    begin = end - timedelta(days=10)
    set_times(domain, binding_id, created_at=begin, not_before=begin, not_after=end)


def unused(domain: Domain, instance_id: str, binding_id: str) -> None:
    """Bind with a secret that was never used since long ago."""
    domain.bind(instance_id, binding_id, {"credential-type": "binding-secret"})
    set_times(domain, binding_id, created_at=domain.clock.now() - LONG_AGO)


def use(domain: Domain, binding_id: str, at: datetime) -> None:
    """Count a use of the credential of the binding."""
    binding = select(service_binding.c.id).where(service_binding.c.binding_id == binding_id)
    query = select(credential.c.id).where(credential.c.binding_row_id.in_(binding))
    with domain.engine.connect() as connection:
        row_id = connection.execute(query).scalar_one()
    assert write_usage(domain.engine, {row_id: Usage(accepted=1, last_used_at=at)}) == {}


def refuse(domain: Domain, *attempts: tuple[str, str, int], minutes_ago: int = 5) -> None:
    """Count refused attempts: client id, reason and number."""
    minute = domain.clock.now() - timedelta(minutes=minutes_ago)
    rows: Sequence[RefusedAttempts] = [
        RefusedAttempts(minute, f"address {index}", reason, client_id, number)
        for index, (client_id, reason, number) in enumerate(attempts)
    ]
    domain.transactions.run(lambda store: store.refused_attempts.add(rows))


def refer(domain: Domain, instance_id: str, name: str, missing: str) -> None:
    """Provision an instance that refers to an application that does not exist."""
    scopes = [f"$XSAPPNAME(application,{missing}).read"]
    domain.provision(instance_id, {"xsappname": name, "foreign-scope-references": scopes})


def request(domain: Domain, instance_id: str, name: str, *scopes: str) -> str:
    """Provision an application that requests administration scopes; return its id."""
    parameters = {"xsappname": name, "foreign-scope-references": list(scopes)}
    return domain.provision(instance_id, parameters).instance.client.app_id


def neglect_all(domain: Domain) -> None:
    """Let all credentials be certificates that end soon and were not used for long."""
    now = domain.clock.now()
    count_since(domain)
    with domain.engine.begin() as connection:
        connection.execute(update(client).values(credential_types=",".join(TYPES)))
        connection.execute(update(credential_usage).values(last_used_at=now - LONG_AGO))
        connection.execute(
            update(credential).values(
                created_at=now - LONG_AGO, not_before=now - LONG_AGO, not_after=now + LATELY / 10
            )
        )
