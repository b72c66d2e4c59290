"""Setting the password of a local user (I-17, I-22)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from broker.errors import InvalidRequest, NotFound
from broker.identity.password_hash import verify_password
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.store.identity.users import StoredUsers
from tests.support.domain import OPERATOR
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from tests.support.domain import Domain

PASSWORD = "correct horse battery staple"


def test_a_change_ends_tokens_and_is_audited(domain: Domain) -> None:
    """I-22; no secret in the audit log."""
    zone = zone_of(domain)
    user = stored_user(domain, zone)
    set_password = SetPassword(domain.transactions, PasswordPolicy())
    set_password(OPERATOR, zone, "ANNA", PASSWORD, change_required=True)
    stored = domain.transactions.read(lambda store: store.passwords.of(user))
    assert stored is not None
    assert verify_password(stored.hash, PASSWORD)
    assert (stored.version, stored.is_change_required) == (1, True)
    set_password(OPERATOR, zone, "anna", PASSWORD + "!")
    stored = domain.transactions.read(lambda store: store.passwords.of(user))
    assert stored is not None
    assert (stored.version, stored.is_change_required) == (2, False)
    found = StoredUsers(domain.engine).find(user.user_id)
    assert found is not None
    assert found.token_epoch == user.token_epoch + 2
    with domain.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT subject_id, zone_guid, details FROM audit_event"
            " WHERE action = 'set-password' ORDER BY at"
        ).all()
    assert [(row[0], row[1]) for row in rows] == [(user.user_id, zone.guid)] * 2
    assert json.loads(rows[0][2]) == {
        "name": "anna",
        "origin": "sap.default",
        "change_required": True,
    }


def test_a_refused_password_changes_nothing(on_sqlite: Domain) -> None:
    zone = zone_of(on_sqlite)
    user = stored_user(on_sqlite, zone, origin="corporate")
    stored_user(on_sqlite, zone, "local")
    set_password = SetPassword(on_sqlite.transactions, PasswordPolicy())
    with pytest.raises(InvalidRequest, match="at least 15"):
        set_password(OPERATOR, zone, "local", "short")
    with pytest.raises(NotFound, match=r"no user anna of origin sap\.default"):
        set_password(OPERATOR, zone, "anna", PASSWORD)
    assert on_sqlite.transactions.read(lambda store: store.passwords.of(user)) is None
    assert StoredUsers(on_sqlite.engine).find(user.user_id) == user
