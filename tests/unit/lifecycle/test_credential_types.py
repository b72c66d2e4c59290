"""Issued and accepted credentials by the list of types, on a real database (D-01, D-02)."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from broker.errors import ForbiddenChange, InvalidRequest
from tests.support.domain import CALLER

if TYPE_CHECKING:
    from tests.support.domain import Domain

BOTH = ("instance-secret", "binding-secret")


def descriptor(*types: str, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {"xsappname": "app", **more}
    return base | ({"oauth2-configuration": {"credential-types": list(types)}} if types else {})


def test_an_instance_secret_is_the_same_in_every_binding(domain: Domain) -> None:
    """A1."""
    domain.provision("i", descriptor())
    first, second = domain.bind("i", "b1"), domain.bind("i", "b2")
    assert first == second
    assert first["credential-type"] == "instance-secret"
    domain.unbind("i", "b1")
    assert domain.accepts(first)


def test_binding_secrets_differ_in_the_secret_only(domain: Domain) -> None:
    """A2, A4."""
    domain.provision("i", descriptor("binding-secret"))
    first, second = domain.bind("i", "b1"), domain.bind("i", "b2")
    assert {key for key in first if first[key] != second[key]} == {"clientsecret"}
    domain.unbind("i", "b1")
    assert not domain.accepts(first)
    assert domain.accepts(second)


@pytest.mark.parametrize("listed", [*permutations(BOTH, 1), *permutations(BOTH, 2)])
def test_acceptance_follows_the_current_list_and_not_its_order(
    domain: Domain, listed: tuple[str, ...]
) -> None:
    """The issue and accept matrix (A8)."""
    domain.provision("i", descriptor(*BOTH))
    issued = {type_: domain.bind("i", type_, {"credential-type": type_}) for type_ in BOTH}
    domain.update("i", descriptor(*listed))
    assert domain.bind("i", "default")["credential-type"] == listed[0]
    for type_, credentials in issued.items():
        assert domain.accepts(credentials) == (type_ in listed)


def test_an_update_without_the_list_keeps_and_reports_it(domain: Domain) -> None:
    """D-01: an omission neither revokes credentials nor re-enables them."""
    domain.provision("i", descriptor("binding-secret"))
    credentials = domain.bind("i", "b")
    [note] = domain.update("i", descriptor(description="changed"))
    assert "keeps binding-secret" in note
    assert domain.accepts(credentials)
    assert domain.bind("i", "b2")["credential-type"] == "binding-secret"
    assert domain.update("i", descriptor("binding-secret")) == []


def test_an_update_without_parameters_changes_nothing(domain: Domain) -> None:
    """D-05: Cloud Controller sends an empty object on every rename."""
    domain.provision("i", descriptor("binding-secret"))
    credentials = domain.bind("i", "b")
    before = domain.fetch_.instance(CALLER, "i")
    domain.update("i", {}, context={"instance_name": "renamed"})
    after = domain.fetch_.instance(CALLER, "i")
    assert (before.parameters, before.client) == (after.parameters, after.client)
    assert after.context == {"instance_name": "renamed"}
    assert domain.accepts(credentials)


def test_a_delisted_instance_secret_comes_back_within_the_days_set(domain: Domain) -> None:
    domain.provision("i", descriptor("instance-secret"))
    credentials = domain.bind("i", "b")
    domain.update("i", descriptor("binding-secret"))
    assert not domain.accepts(credentials)
    domain.clock.advance(days=6, hours=23)
    domain.update("i", descriptor("binding-secret", "instance-secret"))
    assert domain.accepts(credentials)


def test_a_long_delisted_instance_secret_is_dead_and_replaced(domain: Domain) -> None:
    domain.provision("i", descriptor("instance-secret"))
    old = domain.bind("i", "b")
    domain.update("i", descriptor("binding-secret"))
    domain.clock.advance(days=7)
    domain.update("i", descriptor("instance-secret"))
    assert not domain.accepts(old)
    _, shown = domain.fetch_.credentials(CALLER, "i", "b")
    assert shown["clientsecret"] != old["clientsecret"]
    assert domain.accepts(shown)


def test_delisting_starts_with_the_first_update(domain: Domain) -> None:
    """Another update in between does not extend the period."""
    domain.provision("i", descriptor("instance-secret"))
    old = domain.bind("i", "b")
    domain.update("i", descriptor("binding-secret"))
    domain.clock.advance(days=6)
    domain.update("i", descriptor("binding-secret", description="again"))
    domain.clock.advance(days=2)
    domain.update("i", descriptor("instance-secret"))
    assert not domain.accepts(old)


def test_hide_secret_leaves_the_secret_out(domain: Domain) -> None:
    """A13."""
    domain.provision("i", descriptor(*BOTH))
    for type_ in BOTH:
        parameters = {"credential-type": type_, "hide-secret": "true"}
        shown = domain.bind("i", f"hidden-{type_}", parameters)
        assert "clientsecret" not in shown
        assert shown == domain.bind("i", f"hidden-{type_}", parameters)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"xsappname": "other"}, "Cannot change AppId with update. Old AppId: app!t1 New AppId: "),
        ({"tenant-mode": "shared"}, "cannot change from dedicated to shared"),
    ],
)
def test_what_never_changes_is_refused_and_nothing_of_the_update_applied(
    domain: Domain, change: dict[str, str], words: str
) -> None:
    """A16, D-08."""
    domain.provision("i", descriptor("binding-secret"))
    credentials = domain.bind("i", "b")
    before = domain.fetch_.instance(CALLER, "i")
    with pytest.raises(ForbiddenChange, match=words):
        domain.update("i", descriptor("instance-secret") | change)
    assert domain.fetch_.instance(CALLER, "i") == before
    assert domain.accepts(credentials)


def test_the_plan_never_changes(domain: Domain) -> None:
    domain.provision("i", descriptor())
    domain.update("i", {}, plan_id="plan-application")
    with pytest.raises(ForbiddenChange, match="plan"):
        domain.update("i", {}, plan_id="plan-apiaccess")


def test_a_second_instance_of_a_name_is_refused_in_the_same_zone_only(domain: Domain) -> None:
    domain.provision("i", descriptor())
    with pytest.raises(InvalidRequest, match="Application with xsappname app!t1 already exists"):
        domain.provision("j", descriptor())
    elsewhere = domain.provision("j", descriptor(), organization_guid="another")
    assert elsewhere.instance.client.app_id == "app!t2"
    domain.deprovision("i")
    assert domain.provision("k", descriptor()).instance.client.app_id == "app!t1"


def test_one_client_s_secret_is_no_other_client_s(domain: Domain) -> None:
    domain.provision("i", descriptor("binding-secret"))
    domain.provision("j", descriptor("binding-secret") | {"xsappname": "other"})
    ours, theirs = domain.bind("i", "b"), domain.bind("j", "b")
    assert not domain.accepts({**ours, "clientsecret": theirs["clientsecret"]})
    assert domain.accepts(ours)
    assert domain.accepts(theirs)
