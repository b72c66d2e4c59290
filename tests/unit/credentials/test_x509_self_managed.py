"""Certificates supplied by users, on a real database (A11, A12)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from broker.errors import InvalidRequest
from tests.support.domain import CALLER, Domain
from tests.support.pki import Holder, a_client, an_authority

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from broker.credentials.envelope import Payload

START = datetime(2030, 1, 1, tzinfo=UTC)
CLIENT = "sb-app!t1"
DESCRIPTOR = {"xsappname": "app", "oauth2-configuration": {"credential-types": ["x509"]}}
REPLACED = "a renewed certificate has replaced this one"
UNBOUND = "no binding of this client has this certificate"


@pytest.fixture(scope="module")
def root() -> Holder:
    """The CA that the operator trusts."""
    return an_authority("Corporate Root", not_before=START - timedelta(days=100))


@pytest.fixture(scope="module")
def issuing(root: Holder) -> Holder:
    """The intermediate CA that issues certificates."""
    return an_authority("Issuing CA", root, not_before=START - timedelta(days=50))


@pytest.fixture
def bundle(tmp_path: Path, root: Holder) -> Path:
    """The operator's file of trusted CAs."""
    file = tmp_path / "trusted.pem"
    file.write_text(root.pem)
    return file


@pytest.fixture
def domain(migrated_url: str, bundle: Path) -> Iterator[Domain]:
    """A domain with one instance."""
    opened = Domain(migrated_url, trusted_ca_file=bundle)
    opened.clock.time = START
    opened.provision("i", DESCRIPTOR)
    yield opened
    opened.close()


def bind(domain: Domain, binding: str, holder: Holder, **parameters: Any) -> Payload:
    return domain.bind("i", binding, {"x509": {"certificate": holder.chain, **parameters}})


def renew(holder: Holder, issuing: Holder, days: float = 1, **options: Any) -> Holder:
    """Return a certificate with the same names that begins this number of days later."""
    begins = holder.certificate.not_valid_before_utc + timedelta(days=days)
    return a_client(issuing, holder.certificate.subject, not_before=begins, **options)


@pytest.fixture
def holder(issuing: Holder) -> Holder:
    """The certificate of an application; it began a day ago."""
    return a_client(issuing, not_before=START - timedelta(days=1))


def test_the_payload_has_no_key_and_the_certificate_unless_hidden(
    domain: Domain, holder: Holder, issuing: Holder
) -> None:
    """A11, A13."""
    shown = bind(domain, "shown", holder)
    assert shown["certificate"] == holder.chain
    assert shown["certificate-pinning"] is True
    assert shown["certurl"] == "https://cert.example.org"
    assert {"key", "clientsecret"}.isdisjoint(shown)
    other = a_client(issuing, "other", not_before=START)
    hidden = bind(domain, "hidden", other, **{"hide-certificate": "true"})
    assert {"key", "clientsecret", "certificate"}.isdisjoint(hidden)
    assert domain.refusal(CLIENT, other.der) is None


def test_pinned_only_the_bound_certificate_is_accepted(
    domain: Domain, holder: Holder, issuing: Holder
) -> None:
    bind(domain, "b", holder)
    assert domain.refusal(CLIENT, holder.der) is None
    assert domain.refusal(CLIENT, renew(holder, issuing).der) == UNBOUND
    domain.unbind("i", "b")
    assert domain.refusal(CLIENT, holder.der) == UNBOUND


def test_a_pinned_binding_expires_and_one_that_is_renewed_in_place_does_not(
    domain: Domain, holder: Holder, issuing: Holder
) -> None:
    bind(domain, "pinned", holder)
    other = a_client(issuing, "other", not_before=START)
    bind(domain, "renewed", other, **{"certificate-pinning": False})
    expires = [
        domain.fetch_.binding(CALLER, "i", each).expires_at for each in ("pinned", "renewed")
    ]
    assert expires == [holder.certificate.not_valid_after_utc, None]


def test_not_pinned_a_renewed_certificate_takes_the_place_of_the_older_ones(
    domain: Domain, holder: Holder, issuing: Holder
) -> None:
    """A12."""
    bind(domain, "b", holder, **{"certificate-pinning": False})
    first, second = renew(holder, issuing), renew(holder, issuing, 2)
    domain.clock.advance(days=3)
    for current, older in ((holder, ()), (first, (holder,)), (second, (holder, first))):
        assert domain.refusal(CLIENT, current.der) is None
        assert [domain.refusal(CLIENT, each.der) for each in older] == [REPLACED] * len(older)
    assert domain.refusal(CLIENT, second.der) is None
    domain.unbind("i", "b")
    assert domain.refusal(CLIENT, second.der) == UNBOUND


def test_an_older_one_is_accepted_while_younger_than_ten_minutes(
    domain: Domain, holder: Holder, issuing: Holder
) -> None:
    """H-32: its use does not replace the newer one."""
    bind(domain, "b", holder, **{"certificate-pinning": False})
    older = renew(holder, issuing)  # begins at START
    newer = renew(holder, issuing, 1 + 5 / 1440)  # five minutes later
    domain.clock.advance(minutes=5)
    assert domain.refusal(CLIENT, newer.der) is None
    domain.clock.advance(minutes=4, seconds=59)
    assert domain.refusal(CLIENT, older.der) is None
    assert domain.refusal(CLIENT, holder.der) == REPLACED
    domain.clock.advance(seconds=1)
    assert domain.refusal(CLIENT, older.der) == REPLACED
    assert domain.refusal(CLIENT, newer.der) is None


def test_of_many_renewed_certificates_at_once_the_newest_stays(
    domain: Domain, holder: Holder, issuing: Holder
) -> None:
    """D-22: decided and written in one statement, in any order."""
    bind(domain, "b", holder, **{"certificate-pinning": False})
    renewed = [renew(holder, issuing, 1 + number / 24) for number in range(6)]
    domain.clock.advance(days=3)
    together = threading.Barrier(len(renewed))

    def use(certificate: Holder) -> None:
        together.wait()
        domain.refusal(CLIENT, certificate.der)

    threads = [threading.Thread(target=use, args=(each,)) for each in renewed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    *older, newest = renewed
    assert domain.refusal(CLIENT, newest.der) is None
    assert {domain.refusal(CLIENT, each.der) for each in older} == {REPLACED}


def test_the_names_with_another_key_are_never_accepted(
    domain: Domain, holder: Holder, issuing: Holder, root: Holder, bundle: Path
) -> None:
    """D-34: not by a CA of the same name, trusted or not, nor by the same root."""
    bind(domain, "b", holder, **{"certificate-pinning": False})
    begins = START - timedelta(days=40)
    twins = [
        an_authority("Issuing CA", not_before=begins),
        an_authority("Issuing CA", root, not_before=begins),
    ]
    bundle.write_text(root.pem + twins[0].pem)
    for twin in twins:
        intruder = renew(holder, twin)
        assert intruder.certificate.issuer == holder.certificate.issuer
        assert domain.refusal(CLIENT, intruder.der) == (
            "another key than that of the bound certificate's issuer"
        )
    assert domain.refusal(CLIENT, renew(holder, issuing).der) is None


def test_names_are_compared_as_values_and_not_as_text(domain: Domain, issuing: Holder) -> None:
    """D-34: an organization may contain text in the form of another attribute."""
    inside = name((NameOID.ORGANIZATION_NAME, "x,CN=client"))
    beside = name((NameOID.ORGANIZATION_NAME, "x"), (NameOID.COMMON_NAME, "client"))
    turned = name((NameOID.COMMON_NAME, "client"), (NameOID.ORGANIZATION_NAME, "x"))
    before = START - timedelta(days=1)
    bind(
        domain,
        "b",
        a_client(issuing, beside, not_before=before),
        **{"certificate-pinning": False},
    )
    for other in (inside, turned):
        assert domain.refusal(CLIENT, a_client(issuing, other, not_before=START).der) == UNBOUND
    assert domain.refusal(CLIENT, a_client(issuing, beside, not_before=START).der) is None


def name(*parts: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])


def test_an_authority_that_is_trusted_no_more_ends_its_certificates(
    domain: Domain, holder: Holder, issuing: Holder, bundle: Path, root: Holder
) -> None:
    other = a_client(issuing, "other", not_before=START)
    bind(domain, "pinned", holder)
    bind(domain, "renewed", other, **{"certificate-pinning": False})
    bundle.write_text(an_authority("Another", not_before=START - timedelta(days=1)).pem)
    for each in (holder, other):
        assert domain.refusal(CLIENT, each.der) == "the issuer is not trusted any more"
    bundle.write_text(root.pem + "\n")
    for each in (holder, other):
        assert domain.refusal(CLIENT, each.der) is None


def test_an_authority_renewed_with_the_same_key_changes_nothing(
    domain: Domain, holder: Holder, issuing: Holder, root: Holder, bundle: Path
) -> None:
    bind(domain, "b", holder, **{"certificate-pinning": False})
    again = an_authority("Issuing CA", root, not_before=START, key=issuing.key)
    bundle.write_text(root.pem + again.pem)
    assert domain.refusal(CLIENT, renew(holder, again).der) is None


def test_a_certificate_of_our_own_authority_may_be_brought_along(domain: Domain) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    authority = domain.transactions.run(
        lambda found: domain.issuing_authorities.issuing(found.authorities, domain.clock.now())
    )
    ours = Holder(authority.certificate, authority.private_key, authority.above)
    holder = a_client(ours, key=key, not_before=START)
    bind(domain, "b", holder)
    assert domain.refusal(CLIENT, holder.der) is None


@pytest.mark.parametrize("pinned", [True, False])
def test_a_certificate_authenticates_for_one_binding_only(
    domain: Domain,
    holder: Holder,
    issuing: Holder,
    pinned: bool,  # noqa: FBT001
) -> None:
    """A11: deleting that binding would not end it otherwise."""
    pinning = {"certificate-pinning": pinned}
    bind(domain, "b", holder, **pinning)
    for again in (True, False):
        with pytest.raises(InvalidRequest, match=r"x509\.certificate: another binding of this"):
            bind(domain, "again", holder, **{"certificate-pinning": again})
    twin = renew(holder, issuing, 0)
    if pinned:
        bind(domain, "twin", twin)
    for impossible in (False,) if pinned else (True, False):
        with pytest.raises(InvalidRequest, match="another binding"):
            bind(domain, "third", twin, **{"certificate-pinning": impossible})
    assert bind(domain, "b", holder, **pinning)["certificate-pinning"] is pinned  # a repeated bind
    domain.provision("j", {**DESCRIPTOR, "xsappname": "other"})
    domain.bind("j", "b", {"x509": {"certificate": holder.chain}})  # of another client
    domain.unbind("i", "b")
    assert domain.refusal(CLIENT, holder.der) == UNBOUND
    bind(domain, "afterwards", renew(holder, issuing, 3), **pinning)


def test_from_pinned_to_renewed_in_place_without_a_gap(
    domain: Domain, holder: Holder, issuing: Holder
) -> None:
    """A newer certificate may be bound beside the pinned one and does not re-enable it."""
    bind(domain, "pinned", holder)
    newer = renew(holder, issuing)
    bind(domain, "renewed", newer, **{"certificate-pinning": False})
    assert [domain.refusal(CLIENT, each.der) for each in (holder, newer)] == [None, None]
    domain.unbind("i", "pinned")
    assert domain.refusal(CLIENT, holder.der) == REPLACED
    assert domain.refusal(CLIENT, newer.der) is None


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"key-length": 4096}, "certificate together with key-length"),
        ({"validity": 7, "validity-type": "DAYS"}, "together with validity, validity-type"),
        ({"hide-certificate": "yes"}, "x509.hide-certificate"),
        ({"certificate-pinning": 1}, "x509.certificate-pinning"),
    ],
)
def test_contradictions_are_refused(
    domain: Domain, holder: Holder, parameters: dict[str, Any], words: str
) -> None:
    """H-33."""
    with pytest.raises(InvalidRequest) as caught:
        bind(domain, "b", holder, **parameters)
    assert words in str(caught.value)


def test_only_trusted_authorities_and_valid_certificates_are_bound(
    domain: Domain, issuing: Holder, root: Holder
) -> None:
    """The path has to end in the operator's bundle, through CAs that may issue."""
    past = START - timedelta(days=40)
    stranger = an_authority("Stranger", not_before=past)
    no_authority = a_client(issuing, "no authority", not_before=past, days=100)
    forged = Holder(
        an_authority("Issuing CA", not_before=past).certificate,
        an_authority().key,
        (root.certificate,),
    )
    for holder, words in (
        (a_client(stranger, not_before=past, days=100), 'its issuer is "CN=Stranger"'),
        (an_authority("self", not_before=past), "a CA certificate as the first one"),
        (a_client(forged, not_before=past, days=100), 'its issuer is "CN=Issuing CA"'),
        (a_client(no_authority, not_before=past, days=100), 'its issuer is "CN=no authority"'),
        (a_client(issuing, not_before=past, days=40), "it expired on"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            bind(domain, "b", holder)
        assert words in str(caught.value)
    future = a_client(issuing, not_before=START + timedelta(days=1))
    bind(domain, "in advance", future)
    assert domain.refusal(CLIENT, future.der) == "the certificate is not valid yet"
    domain.clock.advance(hours=23, minutes=59)
    assert domain.refusal(CLIENT, future.der) is None
