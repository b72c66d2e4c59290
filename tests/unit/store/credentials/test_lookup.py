"""The token endpoint's lookup: one statement, and no difference between refusals (D-03, D-17)."""

from __future__ import annotations

import hmac
import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask, request
from sqlalchemy import event, literal_column, update

from broker.authentication.client import StoredCredential, UnreadableCredential
from broker.authentication.failure_limit import FailureLimit
from broker.authentication.former_zone import FormerZones
from broker.credentials import digest
from broker.credentials.registry import lookup_of
from broker.errors import AuthenticationFailed, TooManyFailures
from broker.oauth.clients.address import address_of
from broker.oauth.clients.authentication import ClientAuthentication
from broker.oauth.form import form_parameters
from broker.oauth.observer import Observers
from broker.observability.refusals import RefusalCounts
from broker.store.credentials.lookup import StoredCredentials
from broker.store.credentials.refusal_trail import StoredRefusals
from broker.store.database.held_statement import HeldStatement
from broker.store.tables.core import credential
from broker.store.zones import StoredZones
from tests.support.domain import ADDRESSES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from broker.authentication.secret import LookupKey
    from broker.credentials.envelope import Payload
    from tests.support.domain import Domain


def refusals(domain: Domain) -> dict[str, Payload]:
    """Return credentials that must be refused, one for each reason."""

    def descriptor(*types: str) -> dict[str, Any]:
        return {"xsappname": "app", "oauth2-configuration": {"credential-types": list(types)}}

    domain.provision("i", descriptor("instance-secret", "binding-secret"))
    delisted = domain.bind("i", "b1")
    binding = domain.bind("i", "b2", {"credential-type": "binding-secret"})
    deleted = domain.bind("i", "b3", {"credential-type": "binding-secret"})
    domain.unbind("i", "b3")
    domain.update("i", descriptor("binding-secret"))
    return {
        "unknown client": {**binding, "clientid": "sb-nobody!t1"},
        "impossible client": {**binding, "clientid": "\x00\ud800"},
        "wrong secret": {**binding, "clientsecret": altered(binding["clientsecret"])},
        "no shape at all": {**binding, "clientsecret": "x"},
        "deleted binding": deleted,
        "de-listed type": delisted,
    }


def altered(secret: str) -> str:
    other = "b" if secret[60] == "a" else "a"
    return secret[:60] + other + secret[61:]


@contextmanager
def counted(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Count statements, digests and constant-time comparisons within the block."""
    counts: dict[str, int] = {}

    def count(what: str) -> None:
        counts[what] = counts.get(what, 0) + 1

    def count_statement(*_: object) -> None:
        count("statements")

    compare, authenticated = hmac.compare_digest, digest._authenticated

    def counted_compare(one: bytes, other: bytes) -> bool:
        count("compares")
        return compare(one, other)

    def counted_digest(key: bytes, message: bytes) -> bytes:
        count("digests")
        return authenticated(key, message)

    execute = HeldStatement._execute

    def counted_execute(*arguments: Any) -> Any:
        count("statements")
        return execute(*arguments)

    event.listen(domain.engine, "before_cursor_execute", count_statement)
    with monkeypatch.context() as patch:
        patch.setattr(HeldStatement, "_execute", counted_execute)
        patch.setattr(hmac, "compare_digest", counted_compare)
        patch.setattr(digest, "_authenticated", counted_digest)
        yield counts
    event.remove(domain.engine, "before_cursor_execute", count_statement)


def test_every_refusal_costs_the_same(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = refusals(domain)
    for reason, credentials in cases.items():
        presented = credentials["clientid"], credentials["clientsecret"]
        with (
            counted(domain, monkeypatch) as counts,
            pytest.raises(AuthenticationFailed) as caught,
        ):
            domain.authenticator.authenticate(*presented)
        assert str(caught.value) == "Bad credentials"
        assert counts == {"statements": 1, "compares": 2, "digests": 2}, reason


def test_a_look_up_sees_the_latest_commit_of_another_connection(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"})
    credentials = domain.bind("i", "b")
    for _ in range(20):
        assert domain.accepts(credentials)
        domain.deprovision("i")
        assert not domain.accepts(credentials)
        domain.provision("i", {"xsappname": "app"})
        credentials = domain.bind("i", "b")


@pytest.mark.parametrize("number", [1, 2, 3, 5, 16])
def test_each_key_gets_its_row_in_order(domain: Domain, number: int) -> None:
    """PostgreSQL looks several up with one statement."""
    stored = StoredCredentials(domain.engine)
    keys = [("sb-nobody!t1", "none"), *several(domain), ("", "none")] * 2
    keys = [*keys, keys[1], keys[1]][:number]
    found = stored.find(keys)
    assert found == [each for key in keys for each in stored.find([key])]
    assert [each is None for each in found] == [key[1] == "none" for key in keys]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_row_that_the_driver_cannot_decode_fails_no_other(domain: Domain) -> None:
    stored, keys = StoredCredentials(domain.engine), several(domain)
    expected = stored.find(keys)
    with domain.engine.begin() as connection:
        connection.execute(
            update(credential)
            .where(credential.c.lookup == keys[1][1])
            .values(previous_until=literal_column("'infinity'"))
        )
    found = stored.find(keys)
    assert [found[0], *found[2:]] == [expected[0], *expected[2:]]
    assert isinstance(found[1], UnreadableCredential)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_looking_up_several_reads_no_other_rows_of_their_clients(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One client of many has a thousand bindings."""
    keys, removed = several(domain)[:3], list[int]()
    with domain.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO client SELECT (jsonb_populate_record(client, jsonb_build_object("
            " 'id', n, 'client_id', 'c' || n, 'app_id', 'a' || n, 'service_instance_guid', n)"
            ")).* FROM client, generate_series(1, 3000) AS n WHERE client_id = %s",
            (keys[0][0],),
        )
        connection.exec_driver_sql(
            "INSERT INTO credential SELECT (jsonb_populate_record(credential, jsonb_build_object("
            " 'id', n, 'lookup', '!' || n,"
            " 'client_row_id', CASE WHEN n > 3000 THEN client_row_id ELSE n END)"
            ")).* FROM credential, generate_series(1, 4000) AS n WHERE lookup = %s",
            (keys[0][1],),
        )
        connection.exec_driver_sql("ANALYZE client, credential")
    execute = HeldStatement._execute

    def explained(self: HeldStatement, connection: Any, parameters: dict[str, object]) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {self._sql}", parameters)
            removed.extend(map(int, re.findall(r"'Rows Removed.*?: (\d+)", str(cursor.fetchall()))))
        return execute(self, connection, parameters)

    monkeypatch.setattr(HeldStatement, "_execute", explained)
    found = StoredCredentials(domain.engine).find(keys)
    assert [type(each) for each in found] == [StoredCredential] * 3
    assert sum(removed) == 0


def several(domain: Domain) -> list[LookupKey]:
    """Return the keys of bindings of two clients."""
    found = []
    for instance in ("i", "j"):
        types = {"credential-types": ["binding-secret"]}
        domain.provision(instance, {"xsappname": instance, "oauth2-configuration": types})
        for binding in ("a", "b", "c"):
            bound = domain.bind(instance, binding)
            found.append((bound["clientid"], lookup_of(bound["clientsecret"])))
    return found


REFUSED_AT_THE_EDGE: dict[str, dict[str, Any]] = {
    "nothing presented": {},
    "client id alone": {"data": {"client_id": "sb-app!t1"}},
    "unknown client": {"data": {"client_id": "sb-nobody!t1", "client_secret": "x"}},
    "impossible client": {"data": {"client_id": "\x00", "client_secret": "x"}},
    "not Basic": {"headers": {"Authorization": "Digest x"}},
    "not base64": {"headers": {"Authorization": "Basic ???"}},
    "no colon": {"headers": {"Authorization": "Basic YWJj"}},
    "not UTF-8": {"headers": {"Authorization": "Basic /zr/"}},
    "Basic of an unknown client": {"headers": {"Authorization": "Basic YTpi"}},
    "another client in the body": {
        "headers": {"Authorization": "Basic YTpi"},
        "data": {"client_id": "c"},
    },
}


def test_every_refusal_at_the_edge_costs_the_same(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-06, D-37: for every malformed input, with and without the failure limit."""
    authentication = ClientAuthentication(
        domain.authenticator,
        domain.certificate_authenticator,
        lambda _: None,
        ADDRESSES,
        FailureLimit(1),
        RefusalCounts(
            StoredRefusals(domain.engine, domain.transactions), domain.clock, lambda: None
        ),
        address_of=partial(address_of, trusted_hops=0),
        observer=Observers([]),
        former_zones=FormerZones(StoredZones(domain.engine)),
    )
    app = Flask(__name__)
    for reason, sent in REFUSED_AT_THE_EDGE.items():
        for _ in range(3):
            with app.test_request_context("/oauth/token", method="POST", **sent):
                form = form_parameters()
                with (
                    counted(domain, monkeypatch) as counts,
                    pytest.raises((AuthenticationFailed, TooManyFailures)),
                ):
                    authentication.client_of(authentication.read(request.environ, form))
            assert counts == {"statements": 1, "compares": 2, "digests": 2}, reason
