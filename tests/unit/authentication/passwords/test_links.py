"""One-time links to set a password (I-23, I-24)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.authentication.passwords import links as module
from broker.authentication.passwords.links import PasswordLinks
from broker.errors import InvalidRequest, NotFound, StateConflict
from broker.identity.password_policy import PasswordPolicy
from broker.identity.set_password import SetPassword
from broker.store.identity.users import StoredUsers
from broker.store.tables.identity import password_link as table
from tests.support.domain import OPERATOR
from tests.support.passwords import PASSWORD, fast_hash
from tests.support.users import NOW, stored_user, zone_of

if TYPE_CHECKING:
    from tests.support.domain import Domain


class Links:
    """Links of one user."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.zone = zone_of(domain)
        self.anna = stored_user(domain, self.zone)
        set_password = SetPassword(domain.transactions, PasswordPolicy(), fast_hash)
        self.links = PasswordLinks(domain.transactions, domain.keys, set_password)

    def reset(self) -> str:
        return self.links.reset(OPERATOR, self.zone.guid, "ANNA")[1]

    def assert_invalid(self, text: str) -> None:
        with pytest.raises(NotFound, match="is invalid, was used, or has expired"):
            self.links.redeem(text, PASSWORD)


@pytest.fixture
def links(domain: Domain) -> Links:
    return Links(domain)


def test_a_link_sets_the_password_once(links: Links) -> None:
    """I-22, I-23; audited without the secret."""
    text = links.reset()
    assert len(text) > 43
    assert links.links.user_of(text) == links.anna
    with pytest.raises(InvalidRequest, match="at least 15"):
        links.links.redeem(text, "short")
    assert links.links.redeem(text, PASSWORD) == links.anna
    links.assert_invalid(text)
    stored = links.domain.transactions.read(lambda store: store.passwords.of(links.anna))
    assert stored is not None
    assert stored.hash == fast_hash(PASSWORD)
    found = StoredUsers(links.domain.engine).find(links.anna.user_id)
    assert found is not None
    assert found.token_epoch == links.anna.token_epoch + 1
    with links.domain.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "SELECT action, actor_kind, details FROM audit_event"
            " WHERE subject_kind = 'user' ORDER BY at"
        ).all()
    assert [row[:2] for row in rows] == [
        ("create-password-link", "command-line"),
        ("set-password", "user"),
    ]
    assert not any(text.partition(".")[2] in row[2] for row in rows)


def test_a_new_link_ends_the_earlier_one(links: Links) -> None:
    earlier = links.reset()
    links.reset()
    links.assert_invalid(earlier)


@pytest.mark.parametrize("text", ["", "x", "0" * 24 + "." + "A" * 43, "\0", "é" * 10_000])
def test_other_texts_are_no_links(links: Links, text: str) -> None:
    links.reset()
    links.assert_invalid(text)


def test_a_link_is_bound_to_its_user_and_purpose(links: Links) -> None:
    """D-52."""
    text = links.reset()
    bert = stored_user(links.domain, links.zone, "bert")
    for values in ({"user_row_id": bert.row_id}, {"purpose": "setup"}):
        with links.domain.engine.begin() as connection:
            connection.execute(table.update().values(**values))
        links.assert_invalid(text)
        with links.domain.engine.begin() as connection:
            connection.execute(table.update().values(user_row_id=links.anna.row_id))


def test_a_link_expires(links: Links, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LIFETIME", -module.LIFETIME)
    links.assert_invalid(links.reset())


def test_a_link_ends_with_sessions(links: Links) -> None:
    text = links.reset()
    links.domain.transactions.run(lambda store: store.users.end_all(links.anna, NOW))
    links.assert_invalid(text)


def test_links_are_for_active_local_users(links: Links) -> None:
    stored_user(links.domain, links.zone, "bert", origin="corporate")
    stored_user(links.domain, links.zone, "cara", is_active=False)
    with pytest.raises(NotFound):
        links.links.reset(OPERATOR, links.zone.guid, "bert")
    with pytest.raises(StateConflict, match="inactive"):
        links.links.reset(OPERATOR, links.zone.guid, "cara")
    with pytest.raises(NotFound):
        links.links.reset(OPERATOR, "nowhere", "anna")
