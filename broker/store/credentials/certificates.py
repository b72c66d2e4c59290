"""Certificate credentials: written by binds, looked up by the token endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, bindparam, case, insert, literal, or_, select, update

from broker.authentication.certificate import StoredCertificate
from broker.authentication.client import StoredCredential
from broker.credentials.digest import certificate_text
from broker.credentials.kind import CertificateCredential
from broker.credentials.owner_mac import CredentialOwner
from broker.descriptor.model import CredentialType
from broker.ids import new_row_id
from broker.store.credentials.lookup import CREDENTIAL_WITH_CLIENT, read_credential
from broker.store.credentials.secrets import FIRST_GENERATION
from broker.store.database.deferred import execute_later
from broker.store.database.faults import translating
from broker.store.database.held_statement import HeldStatement
from broker.store.rollback.revocations import Revocations
from broker.store.sealing.owner_macs import credential_columns, digest_columns
from broker.store.tables.core import client, credential

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from broker.identity.client import Client
    from broker.instances.model import Binding
    from broker.store.sealing.transaction_keys import TransactionKeys

_BY_CLIENT_AND_LOOKUPS = CREDENTIAL_WITH_CLIENT.add_columns(
    credential.c.names,
    credential.c.not_before,
    credential.c.not_after,
    credential.c.issuer_path,
).where(
    client.c.client_id == bindparam("client_id"),
    credential.c.lookup.in_([bindparam("thumbprint"), bindparam("names")]),
)


class CertificateTable:
    """Writes client certificates."""

    def __init__(self, connection: Connection, keys: TransactionKeys) -> None:
        """``keys`` digest the certificates that the connection's transaction writes."""
        self._connection = connection
        self._keys = keys

    def add(
        self, client: Client, binding: Binding, added: CertificateCredential, now: datetime
    ) -> None:
        """Insert a binding's certificate."""
        owner = CredentialOwner(
            new_row_id(),
            CredentialType.X509,
            added.lookup,
            binding.row_id,
            FIRST_GENERATION,
            client.identity,
        )
        key = self._keys.newest_digest_key()
        text = certificate_text(added.lookup, added.issuer_path)
        execute_later(
            self._connection,
            insert(credential),
            {
                **credential_columns(owner),
                **digest_columns(key, owner, text),
                "names": added.names,
                "not_before": added.not_before,
                "not_after": added.not_after,
                "issuer_path": added.issuer_path,
                "created_at": now,
            },
        )

    def find_similar(
        self, client: Client, certificate: CertificateCredential
    ) -> list[CertificateCredential]:
        """Return the client's certificates with the same lookup key or the same names."""
        rows = self._connection.execute(
            select(credential).where(
                credential.c.client_row_id == client.row_id,
                or_(
                    credential.c.lookup == certificate.lookup,
                    credential.c.names == certificate.names,
                ),
            )
        ).all()
        return [_credential_of(row) for row in rows]


class StoredCertificates:
    """The token endpoint's look-up of certificates, always as currently committed (D-03)."""

    def __init__(self, engine: Engine) -> None:
        """``engine``: look-ups use persistent connections outside of its pool."""
        self._engine = engine
        self._query = HeldStatement(engine, _BY_CLIENT_AND_LOOKUPS)

    def find(self, client_id: str, thumbprint: str, names: str) -> list[StoredCertificate]:
        """Return the client's credentials with either lookup key; exactly one statement.

        Unreadable rows are omitted.
        """
        rows = self._query.rows(client_id=client_id, thumbprint=thumbprint, names=names)
        found = [(read_credential(row), row) for row in rows]
        return [
            StoredCertificate(stored, _credential_of(row))
            for stored, row in found
            if isinstance(stored, StoredCredential)
        ]

    def advance(
        self, credential_id: int, *, not_before: datetime, not_after: datetime, young: bool
    ) -> bool:
        """Record a renewed certificate in place of older ones; return if it is accepted (D-22).

        One statement decides and writes: of two concurrent certificates the newer one is stored. A
        ``young`` certificate is accepted beside a newer one. Return False if the binding was
        deleted.
        """
        is_newest = credential.c.not_before <= not_before
        with translating(), self._engine.begin() as connection:
            revocations = Revocations(connection)
            # The older certificates.
            revocations.count()
            decided = connection.execute(
                update(credential)
                .where(credential.c.id == credential_id, or_(is_newest, literal(young)))
                .values(
                    not_before=case((is_newest, not_before), else_=credential.c.not_before),
                    not_after=case((is_newest, not_after), else_=credential.c.not_after),
                )
            )
        revocations.committed()
        return decided.rowcount > 0


def _credential_of(row: Any) -> CertificateCredential:
    return CertificateCredential(
        lookup=row.lookup,
        names=row.names,
        not_before=row.not_before,
        not_after=row.not_after,
        issuer_path=row.issuer_path,
    )
