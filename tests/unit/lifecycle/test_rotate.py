"""Instance secrets rotate in place, with at most two generations accepted (D-15)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from broker.errors import InstanceNotFound, InvalidRequest
from tests.support.domain import CALLER

if TYPE_CHECKING:
    from tests.support.domain import Domain

DESCRIPTOR = {"xsappname": "app"}
WEEK = timedelta(days=7)


def test_during_the_overlap_both_are_accepted_and_bindings_show_the_new_one(
    domain: Domain,
) -> None:
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b1")
    until = domain.rotate_.rotate(CALLER, "i", WEEK).previous_until
    new = domain.bind("i", "b2")
    assert until == domain.clock.now() + WEEK
    assert old["clientsecret"] != new["clientsecret"]
    assert domain.bind("i", "b1")["clientsecret"] == new["clientsecret"]  # D-06
    assert domain.accepts(old)
    assert domain.accepts(new)


def test_without_an_overlap_the_old_one_is_refused_at_once(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b1")
    assert domain.rotate_.rotate(CALLER, "i", timedelta()).previous_until is None
    assert not domain.accepts(old)
    assert domain.accepts(domain.bind("i", "b1"))


def test_after_the_overlap_the_old_one_is_refused(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b1")
    domain.clock.time = datetime.now(UTC) - WEEK - timedelta(seconds=1)
    domain.rotate_.rotate(CALLER, "i", WEEK)
    assert not domain.accepts(old)
    assert domain.accepts(domain.bind("i", "b1"))


def test_revoking_the_previous_one_ends_the_overlap(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b1")
    domain.rotate_.rotate(CALLER, "i", WEEK)
    domain.rotate_.revoke_previous(CALLER, "i")
    assert not domain.accepts(old)
    assert domain.accepts(domain.bind("i", "b1"))
    with pytest.raises(InvalidRequest, match="no previous secret is accepted"):
        domain.rotate_.revoke_previous(CALLER, "i")


def test_there_are_never_three_generations(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    domain.bind("i", "b1")
    domain.rotate_.rotate(CALLER, "i", WEEK)
    second = domain.bind("i", "b1")
    with pytest.raises(InvalidRequest, match=r"secrets revoke"):
        domain.rotate_.rotate(CALLER, "i", WEEK)
    assert domain.bind("i", "b1") == second  # unchanged
    # An emergency rotation revokes both older secrets.
    domain.rotate_.rotate(CALLER, "i", timedelta())
    assert not domain.accepts(second)


def test_the_used_secret_of_the_client_is_distinguished(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b1")
    before = authenticated(domain, old)
    domain.rotate_.rotate(CALLER, "i", WEEK)
    new = domain.bind("i", "b1")
    assert not before.by_previous_secret
    assert authenticated(domain, old).by_previous_secret
    assert not authenticated(domain, new).by_previous_secret
    assert authenticated(domain, new).credential_id == before.credential_id


def test_tokens_are_valid_as_long_as_their_secret(domain: Domain) -> None:
    """D-32: the generation changes only when the old secret is revoked at once."""
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b1")
    first = authenticated(domain, old).revocation_signature
    domain.rotate_.rotate(CALLER, "i", WEEK)
    assert authenticated(domain, old).revocation_signature == first
    assert authenticated(domain, domain.bind("i", "b1")).revocation_signature == first
    domain.rotate_.revoke_previous(CALLER, "i")
    second = authenticated(domain, domain.bind("i", "b1")).revocation_signature
    assert second != first
    domain.rotate_.rotate(CALLER, "i", timedelta())
    assert authenticated(domain, domain.bind("i", "b1")).revocation_signature != second


def test_a_delisted_type_is_refused_in_both_generations(domain: Domain) -> None:
    domain.provision("i", DESCRIPTOR)
    old = domain.bind("i", "b1")
    domain.rotate_.rotate(CALLER, "i", WEEK)
    new = domain.bind("i", "b1")
    only = {"oauth2-configuration": {"credential-types": ["binding-secret"]}}
    domain.update("i", DESCRIPTOR | only)
    assert not domain.accepts(old)
    assert not domain.accepts(new)
    with pytest.raises(InvalidRequest, match="does not list instance-secret"):
        domain.rotate_.rotate(CALLER, "i", WEEK)


def test_a_secret_that_cannot_be_rotated_is_reported(domain: Domain) -> None:
    with pytest.raises(InstanceNotFound):
        domain.rotate_.rotate(CALLER, "nowhere", WEEK)
    domain.provision("i", DESCRIPTOR)
    with pytest.raises(InvalidRequest, match="has no instance secret"):
        domain.rotate_.rotate(CALLER, "i", WEEK)


def authenticated(domain: Domain, credentials: dict[str, str]):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a domain object
    return domain.authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])
