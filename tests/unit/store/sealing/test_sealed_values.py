"""All values that need a data key, page by page (D-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import LargeBinary

from broker.store.sealing.owned_columns import sealed_columns
from broker.store.sealing.sealed import Sealer
from broker.store.sealing.sealed_values import SealedValues, digested_text
from broker.store.tables.core import metadata, zone

if TYPE_CHECKING:
    from tests.support.domain import Domain

TYPES = ["binding-secret", "instance-secret", "x509"]
DESCRIPTOR = {"xsappname": "app", "oauth2-configuration": {"credential-types": TYPES}}


def test_every_column_of_envelopes_is_named_so() -> None:
    found = {f"{each.table.name}.{each.column.name}" for each in sealed_columns()}
    assert found == {
        "certificate_authority.sealed_private_key",
        "credential.sealed_secret",
        "identity_provider.sealed_secret",
        "service_binding.sealed_payload",
        "signing_key.sealed_private_key",
        "user_password.sealed_hash",
        "user_session.sealed_id_token",
    }
    binary = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert binary - found == {
        "authorization_code.digest",
        "credential.digest",
        "credential.owner_mac",
        "credential.previous_digest",
        "credential.previous_owner_mac",
        "data_key.wrapped",
        "passcode.digest",
        "password_link.digest",
        "refresh_token.digest",
        "service_instance.owner_mac",
        "user_session.digest",
    }


def test_each_value_is_counted_and_yielded_once(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    for type_ in TYPES:
        on_sqlite.bind("i", type_, {"credential-type": type_})
    advanced: list[int] = []
    values = SealedValues(on_sqlite.engine, advanced.append)
    envelopes = [row for _, rows in values.envelopes() for row in rows]
    digests = [row for rows in values.digests() for row in rows]
    # Three payloads, one shared secret, one signing key, root and intermediate.
    assert values.count_envelopes() == len(envelopes) == 7
    assert values.count_digests() == len(digests) == 3
    assert sum(advanced) == 10


def test_pages_leave_out_nothing_and_repeat_nothing(on_sqlite: Domain) -> None:
    rows = [
        {
            "id": number * 3,
            "number": number,
            "guid": str(number),
            "subdomain": str(number),
            "platform": "p",
            "external_key": str(number),
            "grants_epoch": 1,
            "created_at": on_sqlite.clock.now(),
        }
        for number in range(250)
    ]
    with on_sqlite.engine.begin() as connection:
        connection.execute(zone.insert(), rows)
    pages = list(SealedValues(on_sqlite.engine).pages(zone.select(), zone))
    assert [len(page) for page in pages] == [100, 100, 50]
    assert [row.id for page in pages for row in page] == [row["id"] for row in rows]


def test_digested_secrets_are_read_from_their_sealed_values(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    shown = {
        type_: on_sqlite.bind("i", type_, {"credential-type": type_})
        for type_ in ("binding-secret", "instance-secret")
    }
    on_sqlite.bind("i", "hidden", {"hide-secret": True})
    sealer = Sealer(on_sqlite.keys)
    rows = [row for page in SealedValues(on_sqlite.engine).digests() for row in page]
    assert {row.binding_id: digested_text(row, sealer) for row in rows} == {
        None: shown["instance-secret"]["clientsecret"],
        "binding-secret": shown["binding-secret"]["clientsecret"],
        "hidden": None,
    }
