"""The check of passwords: equal work, budgets, known sources (I-16, I-19, I-20, D-41)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from broker.authentication.passwords import check as module
from broker.authentication.passwords.check import CheckedPassword, PasswordAttempt, PasswordCheck
from broker.authentication.passwords.sources import new_device
from broker.authentication.passwords.throttle import ADDRESS, NAME, NAME_AND_SOURCE
from broker.errors import Busy, TooManyFailures
from broker.identity.password_hash import DUMMY_HASH
from broker.store.identity.users import StoredUsers
from tests.support.digest_keys import FixedDigestKeys
from tests.support.passwords import PASSWORD, FastHashing, fast_hash, set_fast_password
from tests.support.users import stored_user, zone_of

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

KEYS = FixedDigestKeys()
"""With random keys two names may share a counter."""

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.1"


class Logons:
    """A check with one user, anna."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.hashing = FastHashing()
        self.zone: Zone = zone_of(domain)
        self.anna: User = stored_user(domain, self.zone)
        set_fast_password(domain, self.anna)
        self.check = PasswordCheck(domain.transactions, KEYS, self.hashing)  # type: ignore[arg-type]

    def attempt(self, name: str = "anna", password: str = "wrong", **more: Any) -> Any:
        members: dict[str, Any] = {"address": HOME, "zone": self.zone, **more}
        return self.check(PasswordAttempt(name=name, password=password, **members))

    def log_on(self, **more: Any) -> CheckedPassword:
        found = self.attempt(password=PASSWORD, **more)
        assert isinstance(found, CheckedPassword)
        self.domain.transactions.run(found.complete)
        return found

    def fail(self, times: int, **more: Any) -> None:
        for _ in range(times):
            assert self.attempt(**more) is None

    def device(self) -> str:
        def remember(store: Any) -> str:
            password = store.passwords.of(self.anna)
            text, source = new_device(KEYS, self.anna, password)
            store.known_sources.remember(self.anna, [source], store.time())
            return text

        return self.domain.transactions.run(remember)


@pytest.fixture(autouse=True)
def _small_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "NAME", replace(NAME, free=9))
    monkeypatch.setattr(module, "ADDRESS", replace(ADDRESS, free=9))


@pytest.fixture
def logons(domain: Domain) -> Logons:
    return Logons(domain)


@pytest.fixture
def on_one(on_sqlite: Domain) -> Logons:
    return Logons(on_sqlite)


def test_the_right_password_logs_on(logons: Logons) -> None:
    found = logons.log_on(name="ANNA")
    assert found.user == logons.anna
    stored = StoredUsers(logons.domain.engine).find(logons.anna.user_id)
    assert stored is not None
    assert stored.last_logon_at is not None
    assert stored.previous_logon_at is None


def test_every_failure_verifies_one_hash(logons: Logons) -> None:
    """I-16: unknown, inactive, without password, of another origin, wrong."""
    zone, domain = logons.zone, logons.domain
    inactive = stored_user(domain, zone, "inactive", is_active=False)
    set_fast_password(domain, inactive)
    stored_user(domain, zone, "without")
    external = stored_user(domain, zone, "external", origin="corporate")
    set_fast_password(domain, external)
    names = ("unknown", "inactive", "without", "external", "x" * 256, "nul\0", "")
    assert [logons.attempt(name, PASSWORD) for name in names] == [None] * len(names)
    assert logons.attempt("anna", "x" * 100_000) is None
    assert logons.attempt("anna") is None
    dummy = [DUMMY_HASH] * 5
    hashes = [DUMMY_HASH, fast_hash(PASSWORD), *dummy, fast_hash(PASSWORD), fast_hash(PASSWORD)]
    assert logons.hashing.verified == hashes
    other = zone_of(domain, "other")
    assert logons.attempt("anna", PASSWORD, zone=other, address=ELSEWHERE) is None


def test_every_failure_costs_the_same_statements(logons: Logons) -> None:
    """TH-12: what a failure costs does not tell whether the user exists."""
    inactive = stored_user(logons.domain, logons.zone, "inactive", is_active=False)
    set_fast_password(logons.domain, inactive)
    stored_user(logons.domain, logons.zone, "without")
    costs: list[list[str]] = [[]]
    event.listen(
        logons.domain.engine, "before_cursor_execute", lambda *given: costs[-1].append(given[2])
    )
    for name in ("anna", "unknown", "inactive", "without"):
        costs.append([])
        logons.fail(1, name=name)
    assert costs[1]
    assert costs[1:] == [costs[1]] * 4


def test_a_tampered_password_matches_nothing(on_one: Logons) -> None:
    with on_one.domain.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE user_password SET sealed_hash = 'x'")
    assert on_one.attempt(password=PASSWORD) is None
    assert on_one.hashing.verified == [DUMMY_HASH]


@pytest.mark.parametrize("name", ["anna", "unknown"])
def test_failures_of_a_name_are_delayed_alike(logons: Logons, name: str) -> None:
    """(a): five tries, then the next one after two seconds; the hash is not computed."""
    logons.fail(5, name=name)
    with pytest.raises(TooManyFailures, match=r"try again in [12] seconds"):
        logons.attempt(name, PASSWORD)
    assert len(logons.hashing.verified) == 5
    logons.fail(1, name=name, address=ELSEWHERE)


def test_a_success_clears_the_failures(logons: Logons) -> None:
    """I-20."""
    for _ in range(3):
        logons.fail(4)
        logons.log_on()


def test_spraying_is_refused_by_address(on_one: Logons) -> None:
    """(b): many names from one network."""
    for number in range(9):
        on_one.fail(1, name=f"user-{number}", address=f"{ELSEWHERE}{number}")
    with pytest.raises(TooManyFailures, match=r"in (600|59\d) seconds"):
        on_one.attempt("next", address=ELSEWHERE)
    on_one.fail(1, name="next")


def test_the_victim_logs_on_with_a_known_device_while_an_address_sprays(
    on_one: Logons, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TH-19: many names with one password, from one address."""
    monkeypatch.setattr(module, "ADDRESS", ADDRESS)
    device, checked = on_one.device(), 0
    for number in range(150):
        name = "anna" if number % 2 else f"user-{number}"
        with suppress(TooManyFailures):
            checked += on_one.attempt(name, address=ELSEWHERE) is None
    assert checked == len(on_one.hashing.verified) == ADDRESS.free
    with pytest.raises(TooManyFailures):
        on_one.attempt("anna", PASSWORD, address=ELSEWHERE)
    for address in (ELSEWHERE, HOME):
        on_one.log_on(address=address, device=device)


def test_an_address_with_a_logon_is_spared(on_one: Logons) -> None:
    """D-41: the address of an application or of an office."""
    on_one.log_on(address=ELSEWHERE)
    for number in range(10):
        on_one.fail(1, name=f"user-{number}", address=ELSEWHERE)


def test_a_known_network_is_not_delayed_by_others(logons: Logons) -> None:
    """The victim logs on meanwhile; guesses from its own network are delayed there only."""
    logons.log_on(address=HOME)
    for number in range(3):
        logons.fail(3, address=f"203.0.{number}.1")
    with pytest.raises(TooManyFailures, match=r"in (60|5\d) seconds"):
        logons.attempt("anna", PASSWORD, address="203.0.113.1")
    logons.log_on(address=HOME)
    assert logons.hashing.first[-1]
    logons.fail(1, address="203.0.113.1")
    logons.fail(5, address=HOME)
    with pytest.raises(TooManyFailures):
        logons.attempt("anna", PASSWORD, address=HOME)


def test_a_known_device_logs_on_from_anywhere(logons: Logons) -> None:
    """TH-19; a cookie of another password version is not known (D-41)."""
    device = logons.device()
    logons.fail(5)
    with pytest.raises(TooManyFailures):
        logons.attempt("anna", PASSWORD)
    logons.log_on(device=device)
    assert logons.hashing.first[-1]
    set_fast_password(logons.domain, logons.anna)
    logons.fail(1, address=ELSEWHERE, device=device)
    assert not logons.hashing.first[-1]


def test_applications_are_told_apart_by_client_and_name(on_one: Logons) -> None:
    """D-41: all users of an application share its address."""
    client: dict[str, Any] = {"client_row_id": 7}
    on_one.fail(5, **client)
    with pytest.raises(TooManyFailures):
        on_one.attempt(address=ELSEWHERE, **client)
    on_one.fail(1, name="bert", **client)
    on_one.fail(1, client_row_id=8)


def test_clients_at_a_known_network_share_no_budget(on_one: Logons) -> None:
    """D-41: neither to delay a user at another client nor to learn which names exist."""
    on_one.log_on()
    on_one.fail(5, client_row_id=8)
    with pytest.raises(TooManyFailures):
        on_one.attempt(client_row_id=8)
    for name in ("anna", "unknown"):
        on_one.fail(1, name=name, client_row_id=9)
    on_one.log_on(client_row_id=7)
    assert not any(on_one.hashing.first[1:])


def test_a_client_with_a_logon_of_the_name_bypasses_its_limit(on_one: Logons) -> None:
    """(c) is not enforced for it, (a) is."""
    on_one.log_on(client_row_id=7)
    for number in range(3):
        on_one.fail(3, address=f"203.0.{number}.1")
    with pytest.raises(TooManyFailures):
        on_one.attempt("anna", PASSWORD, address=ELSEWHERE)
    on_one.log_on(address=ELSEWHERE, client_row_id=7)


def test_too_many_hashes_are_refused_before_counting(on_one: Logons) -> None:
    on_one.hashing.is_full = True
    for _ in range(10):
        with pytest.raises(Busy):
            on_one.attempt()
    on_one.hashing.is_full = False
    on_one.fail(5)


def test_a_password_that_was_not_checked_is_no_failure(on_one: Logons) -> None:
    on_one.hashing.is_late = True
    for _ in range(10):
        with pytest.raises(Busy):
            on_one.attempt()
    on_one.hashing.is_late = False
    on_one.log_on()


def test_a_hash_with_older_parameters_is_replaced(
    on_one: Logons, monkeypatch: pytest.MonkeyPatch
) -> None:
    """I-14; the version stays, so devices stay known."""
    monkeypatch.setattr(module, "needs_rehash", lambda _: True)
    monkeypatch.setattr(on_one.hashing, "hash", lambda _: "better")
    device = on_one.device()
    on_one.log_on()
    stored = on_one.domain.transactions.read(lambda store: store.passwords.of(on_one.anna))
    assert stored is not None
    assert (stored.hash, stored.version) == ("better", 1)
    on_one.hashing.is_full = True
    assert on_one.attempt(address=ELSEWHERE, device=device) is None


def test_sources_are_written_once_a_day(on_one: Logons) -> None:
    assert {source.kind for source in on_one.log_on(client_row_id=7).sources} == {
        "network",
        "client",
    }
    assert on_one.log_on(client_row_id=7).sources == ()


def test_parallel_guesses_do_not_pass_the_limit(logons: Logons) -> None:
    """I-19: also while the counter does not exist yet."""
    guesses = 2 * NAME_AND_SOURCE.free
    barrier = Barrier(guesses)

    def guess(_: int) -> bool:
        barrier.wait()
        try:
            return logons.attempt() is None
        except TooManyFailures:
            return False

    with ThreadPoolExecutor(guesses) as threads:
        hashed = list(threads.map(guess, range(guesses)))
    assert hashed.count(True) <= NAME_AND_SOURCE.free
