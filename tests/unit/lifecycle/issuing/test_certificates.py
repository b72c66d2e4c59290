"""Managed certificates on a real database: issued, recognised, revoked (A9, A10, A24)."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID
from sqlalchemy import select, text, update

from broker.errors import AuthenticationFailed, ConfigurationError, InvalidRequest
from broker.ids import is_canonical_guid
from broker.pki.authority import Authority
from broker.pki.issuing import Role
from broker.store.tables.core import certificate_authority, credential, service_binding
from tests.support.domain import CALLER, Domain
from tests.support.pki import an_authority

if TYPE_CHECKING:
    from pathlib import Path

    from broker.credentials.envelope import Payload

ALL = ("instance-secret", "binding-secret", "x509")
BINDING = "0a1b2c3d-0000-4000-8000-000000000001"


def descriptor(*types: str) -> dict[str, Any]:
    return {"xsappname": "app", "oauth2-configuration": {"credential-types": list(types)}}


def chain_of(payload: Payload) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(payload["certificate"].encode())


def der_of(payload: Payload) -> bytes:
    return chain_of(payload)[0].public_bytes(Encoding.DER)


@pytest.fixture
def payload(domain: Domain) -> Payload:
    """The credentials of a binding with a default certificate."""
    domain.provision("i", descriptor("x509"))
    return domain.bind("i", BINDING)


def test_the_default_is_seven_days_and_2048_bits(domain: Domain, payload: Payload) -> None:
    """A10, D-18."""
    leaf, *above = chain_of(payload)
    key = load_pem_private_key(payload["key"].encode(), None)
    assert payload["key"].startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 2048
    assert key.public_key() == leaf.public_key()
    assert leaf.not_valid_after_utc - domain.clock.now() == timedelta(days=7)
    assert leaf.not_valid_before_utc < domain.clock.now()
    assert [each.subject for each in above] == [leaf.issuer]
    leaf.verify_directly_issued_by(above[0])
    assert payload["credential-type"] == "x509"
    assert payload["certurl"] == "https://cert.example.org"
    assert payload["certificate-pinning"] is True
    assert "clientsecret" not in payload


def test_length_and_validity_are_as_asked_for(domain: Domain) -> None:
    """A9; a larger key is generated outside the pool."""
    domain.provision("i", descriptor("binding-secret", "x509"))
    requested = {"key-length": 4096, "validity": 8, "validity-type": "DAYS"}
    payload = domain.bind("i", BINDING, {"credential-type": "x509", "x509": requested})
    [leaf, _] = chain_of(payload)
    key = leaf.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 4096
    assert leaf.not_valid_after_utc - domain.clock.now() == timedelta(days=8)


def test_the_subject_names_the_client_and_the_usage_is_client_auth(payload: Payload) -> None:
    """H-26."""
    leaf = chain_of(payload)[0]
    common_name, instance, tenant, organization = leaf.subject.rfc4514_string().split(",")
    assert common_name == f"CN={BINDING}"
    assert is_canonical_guid(instance.removeprefix("OU="))
    assert tenant == f"OU={payload['tenantid']}"
    assert organization == "O=Test"
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_repeating_the_bind_returns_the_same_certificate_and_key(
    domain: Domain, payload: Payload
) -> None:
    """D-06."""
    assert domain.bind("i", BINDING) == payload
    assert domain.fetch_.credentials(CALLER, "i", BINDING)[1] == payload


@pytest.mark.parametrize("binding_id", ["key with ümläut/" + "x" * 200, "k"])
def test_any_binding_id_will_do(domain: Domain, binding_id: str) -> None:
    domain.provision("i" * 255, descriptor("x509"))
    payload = domain.bind("i" * 255, binding_id)
    assert domain.refusal(payload["clientid"], der_of(payload)) is None


def test_the_certificate_is_accepted_for_its_client_until_it_expires(
    domain: Domain, payload: Payload
) -> None:
    client, der = payload["clientid"], der_of(payload)
    assert domain.refusal(client, der) is None
    domain.clock.advance(days=6, hours=23, minutes=59)
    assert domain.refusal(client, der) is None
    domain.clock.advance(minutes=1)
    assert domain.refusal(client, der) == "the certificate has expired"
    with pytest.raises(AuthenticationFailed) as refused:
        domain.certificate_authenticator.authenticate(client, der)
    assert refused.value.credential_id is not None  # so it is accepted for this credential


def test_it_is_accepted_a_little_before_it_begins(domain: Domain, payload: Payload) -> None:
    """H-31: clocks differ; five minutes of backdating and one of tolerance."""
    domain.clock.advance(minutes=-6)
    assert domain.refusal(payload["clientid"], der_of(payload)) is None
    domain.clock.advance(seconds=-1)
    assert domain.refusal(payload["clientid"], der_of(payload)) == (
        "the certificate is not valid yet"
    )


def test_another_client_s_certificate_is_refused(domain: Domain, payload: Payload) -> None:
    domain.provision("j", {**descriptor("x509"), "xsappname": "other"})
    other = domain.bind("j", "k")
    bound = "no binding of this client has this certificate"
    assert domain.refusal(payload["clientid"], der_of(other)) == bound
    assert domain.refusal(other["clientid"], der_of(payload)) == bound
    for client_id in ("sb-nobody!t1", "", "a\x00b", "x" * 5000):
        assert domain.refusal(client_id, der_of(payload)) == bound


def test_unbinding_ends_one_certificate_and_no_other(domain: Domain, payload: Payload) -> None:
    """A24."""
    other = domain.bind("i", "other")
    domain.unbind("i", BINDING)
    assert domain.refusal(payload["clientid"], der_of(payload)) is not None
    assert domain.refusal(other["clientid"], der_of(other)) is None
    domain.deprovision("i")
    assert domain.refusal(other["clientid"], der_of(other)) is not None


@pytest.mark.parametrize(
    "listed", [order for size in (1, 2, 3) for order in permutations(ALL, size)]
)
def test_acceptance_follows_the_current_list(domain: Domain, listed: tuple[str, ...]) -> None:
    """The issue and accept matrix with certificates, and H-28."""
    domain.provision("i", descriptor(*ALL))
    issued = {type_: domain.bind("i", type_, {"credential-type": type_}) for type_ in ALL}
    domain.update("i", descriptor(*listed))
    certificate = issued.pop("x509")
    refusal = domain.refusal(certificate["clientid"], der_of(certificate))
    assert (refusal is None) == ("x509" in listed)
    for type_, secret in issued.items():
        assert domain.accepts(secret) == (type_ in listed)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"x509": {"validity": 31}}, "x509.validity: 31 days; at most 30 days"),
        ({"x509": {"validity": 0}}, "x509.validity: 0 days; at least 1 day"),
        ({"x509": {"validity": 1.5}}, "x509.validity: 1.5; allowed: a whole number of days"),
        (
            {"x509": {"key-length": 1024}},
            "x509.key-length: 1024 bits; allowed: 2048, 4096, 8192 bits",
        ),
        ({"x509": {"validity-type": "YEARS"}}, 'x509.validity-type: "YEARS"; allowed: DAYS'),
        ({"x509": {"days": 1}}, "x509.days: unknown key; allowed: key-length, validity,"),
        ({"x509": []}, "x509: a list; allowed: an object"),
        ({"x509": {"certificate-pinning": False}}, "certificate-pinning false without certificate"),
        ({"credential-type": "binding-secret", "x509": {}}, 'although the type is "binding-se'),
    ],
)
def test_impossible_parameters_are_refused(
    domain: Domain, parameters: dict[str, Any], words: str
) -> None:
    domain.provision("i", descriptor("x509", "binding-secret"))
    with pytest.raises(InvalidRequest) as caught:
        domain.bind("i", "b", parameters)
    assert words in str(caught.value)
    assert domain.bind("i", "b", {"x509": {"validity": "3"}})["certificate-pinning"] is True


def test_an_expired_predecessor_is_refused(domain: Domain, payload: Payload) -> None:
    """OSB-ROT-03; a valid one passes its parameters on, and both certificates are accepted."""
    successor = domain.bind("i", "next", predecessor_id=BINDING)
    for each in (payload, successor):
        assert domain.refusal(each["clientid"], der_of(each)) is None
    domain.clock.advance(days=7)
    with pytest.raises(InvalidRequest, match="have expired"):
        domain.bind("i", "late", predecessor_id=BINDING)


def test_the_private_key_is_shown_no_more_after_expiry_and_then_purged(
    domain: Domain, payload: Payload
) -> None:
    """D-06."""
    domain.clock.advance(days=7)
    bare = {name: value for name, value in payload.items() if name != "key"}
    assert domain.bind("i", BINDING) == bare
    before = sealed_payload(domain)
    assert domain.transactions.run(lambda found: found.bindings.purge(domain.clock.now())) == 1
    assert sealed_payload(domain) != before
    assert domain.transactions.run(lambda found: found.bindings.purge(domain.clock.now())) == 0
    found = domain.transactions.read(
        lambda found: found.bindings.find(domain.fetch_.instance(CALLER, "i"), BINDING)
    )
    assert found
    assert found.payload == bare
    assert domain.bind("i", BINDING) == bare


def sealed_payload(domain: Domain) -> bytes:
    with domain.engine.connect() as connection:
        payload: bytes = connection.execute(select(service_binding.c.sealed_payload)).scalar_one()
        return payload


def test_a_row_that_was_tampered_with_is_refused(domain: Domain, payload: Payload) -> None:
    """D-13: write access to the database is not enough to authenticate."""
    domain.provision("j", {**descriptor("x509"), "xsappname": "victim"})
    victim = domain.bind("j", "k")
    with domain.engine.begin() as connection:
        attacker = select(credential.c.client_row_id, credential.c.lookup).where(
            credential.c.lookup == chain_of(payload)[0].fingerprint(SHA256()).hex()
        )
        row = connection.execute(attacker).one()
        connection.execute(
            update(credential)
            .where(credential.c.client_row_id != row.client_row_id)
            .values(lookup=row.lookup)
        )
    assert domain.refusal(victim["clientid"], der_of(payload)) == (
        "the stored certificate was tampered with"
    )


def test_no_private_key_is_stored_in_clear(domain: Domain, payload: Payload) -> None:
    with domain.engine.connect() as connection:
        for table in ("service_binding", "credential", "certificate_authority", "audit_event"):
            for row in connection.execute(text(f"SELECT * FROM {table}")):  # noqa: S608
                assert b"PRIVATE KEY" not in repr(tuple(row)).encode()
        stored = select(certificate_authority.c.role, certificate_authority.c.sealed_private_key)
        roles = {row.role for row in connection.execute(stored) if row.sealed_private_key}
    assert roles == {Role.ROOT, Role.INTERMEDIATE}


def test_an_intermediate_is_renewed_before_it_would_cut_certificates_short(
    domain: Domain, payload: Payload
) -> None:
    first = chain_of(payload)[1]
    domain.clock.advance(days=(first.not_valid_after_utc - domain.clock.now()).days - 91)
    before = domain.bind("i", "before")
    domain.clock.advance(days=2)
    after = domain.bind("i", "after", {"x509": {"validity": 30}})
    assert chain_of(before)[1] == first
    assert chain_of(after)[1] != first
    for each in (before, after):
        assert domain.refusal(each["clientid"], der_of(each)) is None


def test_rotating_the_intermediate_keeps_certificates_valid(
    domain: Domain, payload: Payload
) -> None:
    rotate = domain.issuing_authorities.rotate
    new = domain.transactions.run(lambda found: rotate(found.authorities, domain.clock.now()))
    after = domain.bind("i", "after")
    assert chain_of(after)[1] == new.certificate != chain_of(payload)[1]
    for each in (payload, after):
        assert domain.refusal(each["clientid"], der_of(each)) is None
    stored = domain.transactions.run(lambda found: found.authorities.all())
    assert sorted((each.role, each.private_key is None) for each in stored) == [
        (Role.INTERMEDIATE, False),
        (Role.INTERMEDIATE, True),
        (Role.ROOT, False),
    ]
    # Certificates of both are accepted.
    assert len(x509.load_pem_x509_certificates(domain.trust.pem().encode())) == 3


def test_the_operator_s_own_authority_issues(migrated_url: str, tmp_path: Path) -> None:
    root = an_authority("Root")
    issuing = an_authority("Issuing", root)
    domain = Domain(
        migrated_url,
        supplied_authority=Authority(issuing.certificate, issuing.key, "Acme", issuing.above),
    )
    domain.clock.time = issuing.certificate.not_valid_before_utc + timedelta(days=1)
    try:
        domain.provision("i", descriptor("x509"))
        payload = domain.bind("i", "b")
        assert chain_of(payload)[1:] == [issuing.certificate]
        assert chain_of(payload)[0].subject.rfc4514_string().endswith("O=Acme")
        assert domain.refusal(payload["clientid"], der_of(payload)) is None
        assert len(x509.load_pem_x509_certificates(domain.trust.pem().encode())) == 2
        with pytest.raises(ConfigurationError, match="supplied by the operator"):
            domain.transactions.run(
                lambda found: domain.issuing_authorities.rotate(
                    found.authorities, domain.clock.now()
                )
            )
        domain.clock.time = issuing.certificate.not_valid_after_utc - timedelta(days=1)
        last = domain.bind("i", "last")
        until = chain_of(last)[0].not_valid_after_utc
        assert until == issuing.certificate.not_valid_after_utc
        domain.clock.advance(days=2)
        with pytest.raises(ConfigurationError, match="has expired"):
            domain.bind("i", "late")
    finally:
        domain.close()
