"""The token endpoint's look-up: one statement, and no difference between refusals (D-03, D-17)."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from broker.errors import AuthenticationFailed

if TYPE_CHECKING:
    from broker.credentials.envelope import Payload
    from tests.support.domain import Domain


def refusals(domain: Domain) -> dict[str, Payload]:
    """Return credentials that must be refused, one for each reason there is."""

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


def test_every_refusal_costs_the_same(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = refusals(domain)
    counts: dict[str, int] = {}

    def count(what: str) -> None:
        counts[what] = counts.get(what, 0) + 1

    def count_statement(*_: object) -> None:
        count("statements")

    compare, digest = hmac.compare_digest, hmac.digest

    def counted_compare(one: bytes, other: bytes) -> bool:
        count("compares")
        return compare(one, other)

    def counted_digest(key: bytes, message: bytes, hash_: Any) -> bytes:
        count("digests")
        return digest(key, message, hash_)

    monkeypatch.setattr(hmac, "compare_digest", counted_compare)
    monkeypatch.setattr(hmac, "digest", counted_digest)
    event.listen(domain.engine, "before_cursor_execute", count_statement)
    for reason, credentials in cases.items():
        counts.clear()
        with pytest.raises(AuthenticationFailed) as caught:
            domain.authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])
        assert str(caught.value) == "Bad credentials"
        assert counts == {"statements": 1, "compares": 1, "digests": 1}, reason


def test_a_look_up_sees_what_another_connection_has_just_committed(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "app"})
    credentials = domain.bind("i", "b")
    for _ in range(20):
        assert domain.accepts(credentials)
        domain.deprovision("i")
        assert not domain.accepts(credentials)
        domain.provision("i", {"xsappname": "app"})
        credentials = domain.bind("i", "b")
