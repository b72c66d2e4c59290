"""The end of users' sessions, codes, tokens and links."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from broker.identity.ended_logons import EndedLogons
from broker.store.identity.ended_logons import end_all_logons, end_logons
from broker.store.identity.users import StoredUsers, UserTable
from tests.support.user_rows import DESCRIPTOR, counts, fill
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from tests.support.domain import Domain

ONE_EACH = EndedLogons(1, 1, 1, 1, 1)
ENDED = {
    *("user_session", "authorization_code", "refresh_family", "passcode", "password_link"),
}


def open_logons(domain: Domain, user: User) -> set[str]:
    return {name for name, count in counts(domain, user).items() if count} & ENDED


def epoch(domain: Domain, user: User) -> int:
    found = StoredUsers(domain.engine).find(user.user_id)
    assert found
    return found.token_epoch


def test_one_user_s_logons_end(domain: Domain) -> None:
    """I-09, D-59."""
    zone = domain.provision("i", DESCRIPTOR).instance.client.zone
    anna, berta = stored_user(domain, zone), stored_user(domain, zone, "berta")
    for each in (anna, berta):
        fill(domain, each)
    with domain.engine.begin() as connection:
        assert end_logons(connection, NOW, anna.row_id) == ONE_EACH
    assert (open_logons(domain, anna), open_logons(domain, berta)) == (set(), ENDED)
    assert (epoch(domain, anna), epoch(domain, berta)) == (2, 1)


def test_all_logons_end_and_epochs_differ_after_each_restore(domain: Domain) -> None:
    """D-59: an epoch that tokens from after the backup carry is never used again."""
    zone = domain.provision("i", DESCRIPTOR).instance.client.zone
    anna = stored_user(domain, zone)
    fill(domain, anna)
    epochs = set()
    for at in (NOW, NOW + timedelta(days=1)):
        with domain.engine.connect() as connection:
            ended = end_all_logons(connection, at)
            found = UserTable(connection).at(anna.row_id)
            assert found
            epochs.add(found.token_epoch)
            connection.rollback()  # the same backup is restored again
        assert ended == ONE_EACH
    assert len(epochs) == 2
    assert min(epochs) > 1_000_000
