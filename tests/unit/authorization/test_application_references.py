"""Grants between applications determine tokens; names pin to instances (A21, D-30, D-36)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from broker.audit.actor import platform_actor
from broker.descriptor.declarations import Usage
from broker.descriptor.part import MAX_TOKEN_LIFETIME
from broker.errors import InvalidRequest
from broker.identity.zone import ZoneRule
from broker.store.tables.core import client
from broker.store.tables.declared import application_reference
from tests.support.swapped_owners import unbind

if TYPE_CHECKING:
    from tests.support.domain import Domain

GRANT = "$XSAPPNAME(application,b)"


def owner(
    *grantees: str, name: str = "a", key: str = "grant-as-authority-to-apps"
) -> dict[str, Any]:
    scopes = [{"name": "$XSAPPNAME.read", key: list(grantees)}, {"name": "$XSAPPNAME.write"}]
    return {"xsappname": name, "scopes": scopes}


def consumer(*authorities: str, name: str = "b") -> dict[str, Any]:
    return {"xsappname": name, "authorities": list(authorities)}


def scopes_of(domain: Domain, instance_id: str) -> set[str]:
    """Return the scopes in a token of the instance, without the default scope."""
    return set(domain.scopes(instance_id)) - {"uaa.resource"}


ACCEPTANCES = [
    "$ACCEPT_GRANTED_AUTHORITIES",
    "$XSAPPNAME(application,a)",
    "a",
    "$XSAPPNAME(application,a).read",
    "a.read",
    "a!t1.read",
]


@pytest.mark.parametrize("acceptance", ACCEPTANCES)
def test_a_grant_and_its_acceptance_give_the_scope(domain: Domain, acceptance: str) -> None:
    """A21."""
    domain.provision("a", owner(GRANT))
    domain.provision("b", consumer(acceptance))
    assert scopes_of(domain, "b") == {"a!t1.read"}
    assert scopes_of(domain, "a") == set()


@pytest.mark.parametrize("acceptance", ACCEPTANCES)
def test_the_order_of_creation_does_not_matter(domain: Domain, acceptance: str) -> None:
    """H-19: references to missing applications resolve later."""
    domain.provision("b", consumer(acceptance))
    assert scopes_of(domain, "b") == set()
    domain.provision("a", owner(GRANT))
    assert scopes_of(domain, "b") == {"a!t1.read"}


@pytest.mark.parametrize(
    ("granting", "accepting"),
    [
        (owner(), consumer(*ACCEPTANCES)),
        (owner(GRANT), consumer()),
        (owner(GRANT), consumer("$XSAPPNAME(application,a).write")),
        (owner(GRANT), consumer("$XSAPPNAME(application,c)")),
        (owner(GRANT), consumer("$XSAPPNAME(apiaccess,a)")),
        (owner(GRANT), consumer("$XSAPPNAME(broker,a)")),
        (owner(GRANT), consumer("read")),
        (owner("*", key="granted-apps"), consumer("$ACCEPT_GRANTED_AUTHORITIES")),
        (owner("$XSAPPNAME"), consumer("$ACCEPT_GRANTED_AUTHORITIES")),
        (owner("$XSAPPNAME(trial,b)"), consumer("$ACCEPT_GRANTED_AUTHORITIES")),
        (owner("$XSAPPNAME(application,c)"), consumer("$ACCEPT_GRANTED_AUTHORITIES")),
        (owner(GRANT, key="granted-apps"), consumer("$ACCEPT_GRANTED_AUTHORITIES")),
    ],
)
def test_one_side_alone_gives_nothing(
    domain: Domain, granting: dict[str, Any], accepting: dict[str, Any]
) -> None:
    """A21; ``granted-apps`` is for tokens of users."""
    domain.provision("a", granting)
    domain.provision("b", accepting)
    assert scopes_of(domain, "b") == set()


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("name", ["b", "b!t1"])
def test_a_bare_name_grants_in_the_own_space(domain: Domain, name: str, order: int) -> None:
    """D-54."""
    accepting = consumer("$ACCEPT_GRANTED_AUTHORITIES")
    for key, parameters in [("a", owner(name)), ("b", accepting)][::order]:
        domain.provision(key, parameters)
    assert scopes_of(domain, "b") == {"a!t1.read"}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("name", ["b", "b!t1"])
def test_a_bare_name_in_another_space_grants_nothing(domain: Domain, name: str, order: int) -> None:
    """D-54; an application of the own space gets the grant once the name is free."""
    accepting = consumer("$ACCEPT_GRANTED_AUTHORITIES")
    elsewhere: dict[str, Any] = {"space_guid": "other-space"}
    for key, parameters, space in [("a", owner(name), {}), ("b", accepting, elsewhere)][::order]:
        domain.provision(key, parameters, **space)
    assert scopes_of(domain, "b") == set()
    domain.update("b", accepting | {"description": "changed"})
    domain.update("a", owner(name) | {"description": "changed"})
    assert scopes_of(domain, "b") == set()
    domain.deprovision("b")
    domain.clock.advance(days=2)
    domain.provision("b2", accepting)
    assert scopes_of(domain, "b2") == {"a!t1.read"}


def test_a_bare_name_in_another_space_is_not_accepted(domain: Domain) -> None:
    """D-54."""
    domain.provision("b", consumer("a.read", "a"))
    domain.provision("a", owner(GRANT), space_guid="other-space")
    assert scopes_of(domain, "b") == set()
    domain.update("b", consumer("$XSAPPNAME(application,a).read"))
    assert scopes_of(domain, "b") == {"a!t1.read"}


def test_an_acceptance_pinned_by_an_older_version_keeps_its_pin(domain: Domain) -> None:
    """Bare names of acceptances were not limited to the own space."""
    domain.provision("a", owner(GRANT), space_guid="other-space")
    domain.provision("b", consumer("$XSAPPNAME(application,a).read"))
    domain.update("b", consumer("a.read"))
    assert scopes_of(domain, "b") == {"a!t1.read"}


def test_the_spelling_of_a_grant_decides_on_its_space(domain: Domain) -> None:
    """D-54: the long form and the bare name, one after the other and at once."""
    accepting = consumer("$ACCEPT_GRANTED_AUTHORITIES")
    domain.provision("b", accepting, space_guid="other-space")
    domain.provision("a", owner("b"))
    for grants, granted in (
        ((GRANT,), True),
        (("b",), False),
        (("b", GRANT), True),
        ((GRANT, "b"), True),
        (("b",), False),
    ):
        domain.update("a", owner(*grants))
        assert scopes_of(domain, "b") == ({"a!t1.read"} if granted else set())


def test_a_bare_grant_does_not_follow_the_pin_of_the_long_form(domain: Domain) -> None:
    """D-54: of another scope, pinned in another space."""
    domain.provision("b", consumer("$ACCEPT_GRANTED_AUTHORITIES"), space_guid="other-space")
    domain.provision("a", owner(GRANT))
    both = owner(GRANT)
    both["scopes"][1]["grant-as-authority-to-apps"] = ["b"]
    domain.update("a", both)
    assert scopes_of(domain, "b") == {"a!t1.read"}


def test_the_own_application_is_named_by_its_placeholder(domain: Domain) -> None:
    domain.provision("a", owner("$XSAPPNAME") | {"authorities": ["$XSAPPNAME"]})
    assert scopes_of(domain, "a") == {"a!t1.read"}
    domain.update("a", owner("$XSAPPNAME(application,a)") | {"authorities": ["$XSAPPNAME"]})
    assert scopes_of(domain, "a") == {"a!t1.read"}
    domain.update("a", owner() | {"authorities": ["$XSAPPNAME"]})
    assert scopes_of(domain, "a") == set()


@pytest.mark.parametrize("name", ["$XSAPPNAME", "$XSAPPNAME(application,$XSAPPNAME)"])
def test_the_own_application_is_named_in_the_long_form(domain: Domain, name: str) -> None:
    domain.provision("a", owner("$XSAPPNAME(application,$XSAPPNAME)") | {"authorities": [name]})
    assert scopes_of(domain, "a") == {"a!t1.read"}


def test_the_own_name_in_another_zone(domain: Domain) -> None:
    domain.use_zone_rules(
        [
            ZoneRule("one", organization_guid="org"),
            ZoneRule("two", organization_guid="other-org"),
        ]
    )
    acceptance = "$XSAPPNAME(application,one,$XSAPPNAME)"
    domain.provision("a2", consumer(acceptance) | {"xsappname": "a"}, **in_other_zone())
    domain.provision("a", owner("$XSAPPNAME(application,two,$XSAPPNAME)"))
    assert scopes_of(domain, "a2") == {f"a!t{domain.zone_index('a')}.read"}


def test_an_own_authority_takes_effect_with_its_scope(domain: Domain) -> None:
    """D-36: the next token has it, and loses it with the scope."""
    later = ["$XSAPPNAME.write", "$XSAPPNAME.later"]
    [note] = domain.provision("a", owner() | {"authorities": later}).notes
    assert note == "authorities[1]: $XSAPPNAME.later has no effect until the scope is defined."
    assert scopes_of(domain, "a") == {"a!t1.write"}
    defined = owner() | {"authorities": later}
    defined["scopes"] = [*defined["scopes"], {"name": "$XSAPPNAME.later"}]
    domain.update("a", defined)
    assert scopes_of(domain, "a") == {"a!t1.write", "a!t1.later"}
    domain.update("a", owner() | {"authorities": later})
    assert scopes_of(domain, "a") == {"a!t1.write"}


def test_no_reference_is_pinned_to_a_built_in_application(domain: Domain) -> None:
    """D-56: not even one that an older version stored, before owners were bound."""
    unbind(domain)
    domain.provision("a", owner(GRANT, "$XSSERVICENAME(my b)"))
    domain.provision("b", consumer("$ACCEPT_GRANTED_AUTHORITIES"), space_guid="other-space")
    with domain.engine.begin() as connection:
        by_name = application_reference.c.app_id == "b!t1"
        connection.execute(
            update(application_reference)
            .where(by_name)
            .values(app_id="uaa!t1", target_row_id=None, space=None)
        )
        connection.execute(update(client).where(client.c.app_id == "b!t1").values(app_id="uaa!t1"))
    domain.update("b", context={"instance_name": "my b"})
    assert [each.target_app_id for each in domain.references("a")] == [None, None]
    domain.update("a", owner(GRANT, "$XSSERVICENAME(my b)"))
    assert [each.target_app_id for each in domain.references("a")] == [None, None]


def test_either_side_withdraws_with_the_next_token(domain: Domain) -> None:
    """D-36: an update that changes grants invalidates their cache."""
    domain.provision("a", owner(GRANT))
    domain.provision("b", consumer("$ACCEPT_GRANTED_AUTHORITIES"))
    for side, without, with_ in (
        ("a", owner(), owner(GRANT)),
        ("b", consumer("$XSAPPNAME(application,c)"), consumer("a.read")),
    ):
        assert scopes_of(domain, "b") == {"a!t1.read"}
        domain.update(side, without)
        assert scopes_of(domain, "b") == set()
        domain.update(side, with_)
    assert scopes_of(domain, "b") == {"a!t1.read"}
    domain.deprovision("a")
    assert scopes_of(domain, "b") == set()


def test_a_service_instance_is_found_by_its_name_and_followed(domain: Domain) -> None:
    """``$XSSERVICENAME`` pins to the instance id (D-30)."""
    domain.provision("a", owner("$XSSERVICENAME(my b)"))
    accepting = consumer("$ACCEPT_GRANTED_AUTHORITIES")
    domain.provision("elsewhere", accepting | {"xsappname": "e"}, **named("my b", "other-space"))
    assert scopes_of(domain, "elsewhere") == set()
    domain.provision("b", accepting, **named("my b"))
    assert scopes_of(domain, "b") == {"a!t1.read"}
    domain.update("b", {}, context={"instance_name": "renamed"})
    assert scopes_of(domain, "b") == {"a!t1.read"}
    domain.provision("c", accepting | {"xsappname": "c"}, **named("my b"))
    assert scopes_of(domain, "c") == set()


def test_a_service_instance_that_is_gone_is_not_replaced_by_its_name(domain: Domain) -> None:
    """Only an update of the granting application resolves the name again."""
    domain.provision("a", owner("$XSSERVICENAME(my b)"))
    domain.provision("b", consumer("$ACCEPT_GRANTED_AUTHORITIES"), **named("my b"))
    domain.deprovision("b")
    domain.provision("b2", consumer("$ACCEPT_GRANTED_AUTHORITIES"), **named("my b"))
    assert scopes_of(domain, "b2") == set()
    domain.update("a", owner("$XSSERVICENAME(my b)"))
    assert scopes_of(domain, "b2") == {"a!t1.read"}


def test_an_instance_that_gets_the_awaited_name_later(domain: Domain) -> None:
    domain.provision("a", owner("$XSSERVICENAME(my b)"))
    domain.provision("b", consumer("$ACCEPT_GRANTED_AUTHORITIES"), **named("first name"))
    domain.update("b", {}, context={"instance_name": "my b"})
    assert scopes_of(domain, "b") == {"a!t1.read"}


def named(name: str, space: str = "space") -> dict[str, Any]:
    return {"context": {"instance_name": name}, "space_guid": space}


def test_a_squatter_of_a_name_inherits_no_grant(domain: Domain) -> None:
    """D-30: not even after the name is free again and the granting side is updated."""
    accepting = consumer("$ACCEPT_GRANTED_AUTHORITIES")
    domain.provision("a", owner(GRANT))
    domain.provision("b", accepting)
    domain.deprovision("b")
    domain.clock.advance(days=2)
    domain.provision("squatter", accepting, space_guid="other-space")
    assert scopes_of(domain, "squatter") == set()
    domain.update("a", owner(GRANT))
    assert scopes_of(domain, "squatter") == set()
    domain.update("a", owner())
    domain.update("a", owner(GRANT))
    assert scopes_of(domain, "squatter") == {"a!t1.read"}, "granted again, on purpose"


def test_another_scope_for_a_name_is_no_new_grantee(domain: Domain) -> None:
    """D-30: a name means one application to a descriptor, for all of its scopes."""
    domain.provision("a", owner(GRANT))
    domain.provision("b", consumer())
    domain.deprovision("b")
    domain.clock.advance(days=2)
    domain.update("a", owner(GRANT, key="granted-apps"))
    accepting = consumer("$ACCEPT_GRANTED_AUTHORITIES")
    domain.provision("squatter", accepting, space_guid="other-space")
    domain.update("a", owner(GRANT))
    assert scopes_of(domain, "squatter") == set()


def test_a_squatter_of_the_granting_name_gives_nothing(domain: Domain) -> None:
    """D-30: an accepted application does not include others of the same name."""
    domain.provision("a", owner(GRANT))
    domain.provision("b", consumer("a.read"))
    domain.deprovision("a")
    domain.clock.advance(days=2)
    domain.provision("squatter", owner(GRANT), space_guid="other-space")
    assert scopes_of(domain, "b") == set()


def test_a_successor_in_the_same_space_inherits_the_grant(domain: Domain) -> None:
    accepting = consumer("$ACCEPT_GRANTED_AUTHORITIES")
    domain.provision("a", owner(GRANT))
    domain.provision("b", accepting)
    domain.deprovision("b")
    domain.provision("b2", accepting)
    assert scopes_of(domain, "b2") == {"a!t1.read"}


def test_a_name_is_held_for_its_space_while_tokens_may_live(domain: Domain) -> None:
    """D-30."""
    domain.provision("b", consumer())
    domain.bind("b", "binding")
    domain.deprovision("b")
    with pytest.raises(InvalidRequest, match="b!t1 belonged to a deleted service instance"):
        domain.provision("b2", consumer(), space_guid="other-space")
    domain.clock.time += MAX_TOKEN_LIFETIME - timedelta(seconds=1)
    with pytest.raises(InvalidRequest):
        domain.provision("b2", consumer(), space_guid="other-space")
    domain.clock.advance(seconds=1)
    domain.provision("b2", consumer(), space_guid="other-space")


def test_the_operator_releases_a_held_name(domain: Domain) -> None:
    """D-30."""
    domain.provision("b", consumer())
    domain.bind("b", "binding")
    domain.deprovision("b")
    assert domain.transactions.run(lambda found: found.held_names.release("b!t1"))
    domain.provision("b2", consumer(), space_guid="other-space")
    assert not domain.transactions.run(lambda found: found.held_names.release("b!t1"))


def test_another_zone_is_reached_only_where_the_operator_named_it(domain: Domain) -> None:
    """The three-part form; the grant and its end take effect in the other zone (D-36)."""
    domain.use_zone_rules(
        [
            ZoneRule("one", organization_guid="org"),
            ZoneRule("two", organization_guid="other-org"),
        ]
    )
    domain.provision("b", consumer("$XSAPPNAME(application,one,a).read"), **in_other_zone())
    domain.provision("b-here", consumer("$ACCEPT_GRANTED_AUTHORITIES"))
    domain.provision("a", owner("$XSAPPNAME(application,two,b)"))
    app_id = "a!t" + str(domain.zone_index("a"))
    assert scopes_of(domain, "b-here") == set()
    assert scopes_of(domain, "b") == {f"{app_id}.read"}
    domain.update("a", owner())
    assert scopes_of(domain, "b") == set()
    domain.update("a", owner("$XSAPPNAME(application,two,b)"))
    assert scopes_of(domain, "b") == {f"{app_id}.read"}
    domain.deprovision("a")
    assert scopes_of(domain, "b") == set()


@pytest.mark.parametrize("zone", ["sap-provisioning", "org", "other-org"])
def test_a_reference_to_a_zone_without_a_rule_has_no_effect(domain: Domain, zone: str) -> None:
    """Descriptors of multi-tenant applications name SAP zones: tolerated and reported."""
    [note] = domain.provision("a", owner(f"$XSAPPNAME(application,{zone},b)")).notes
    path = "scopes[0].grant-as-authority-to-apps[0]"
    assert note == f'{path} has no effect: no zone is named "{zone}".'
    domain.provision("b", consumer("$ACCEPT_GRANTED_AUTHORITIES"))
    domain.provision("b2", consumer("$ACCEPT_GRANTED_AUTHORITIES"), **in_other_zone())
    assert scopes_of(domain, "b") == scopes_of(domain, "b2") == set()


def test_zones_do_not_mix(domain: Domain) -> None:
    """D-31: the same names in two zones are different applications."""
    domain.provision("a", owner(GRANT))
    domain.provision("b", consumer("$ACCEPT_GRANTED_AUTHORITIES"), **in_other_zone())
    assert scopes_of(domain, "b") == set()
    with pytest.raises(InvalidRequest, match="an id from another organization"):
        domain.provision("c", consumer("a!t1.read", name="c"), **in_other_zone())


def in_other_zone() -> dict[str, Any]:
    return {"organization_guid": "other-org", "space_guid": "other-space"}


def test_platforms_with_equal_ids_are_different_spaces(domain: Domain) -> None:
    """D-35: another platform's space with the same GUID inherits nothing in a shared zone."""
    domain.use_zone_rules([ZoneRule("joined", organization_guid="org")])
    domain.provision("a", owner(GRANT))
    domain.provision("b", consumer("$ACCEPT_GRANTED_AUTHORITIES"))
    domain.deprovision("b")
    domain.clock.advance(days=2)
    another = platform_actor("another-platform")
    domain.provision("squatter", consumer("$ACCEPT_GRANTED_AUTHORITIES"), caller=another)
    assert domain.scopes("squatter", another) == ("uaa.resource",)


def test_platform_scopes_cannot_be_granted(domain: Domain) -> None:
    """D-29: in any position."""
    for index, text in enumerate(["uaa.user", "openid", "user_attributes", "uaa.resource"]):
        name = f"app{index}"
        domain.provision(name, consumer(text, "$ACCEPT_GRANTED_AUTHORITIES", name=name))
        assert scopes_of(domain, name) == set()
    for text in ("xs_user.write", "xsuaa!t1.xs_user.write", "$XSAPPNAME(application,xsuaa)"):
        domain.provision(text, consumer(text, name=f"x{len(text)}"))
        assert scopes_of(domain, text) == set()
        assert domain.references(text) == []


def test_the_targets_of_references_can_be_read(domain: Domain) -> None:
    """H-19: unresolved references are shown."""
    domain.provision("a", owner(GRANT, "$XSSERVICENAME(later)"))
    domain.provision("b", consumer("a.read", "nobody.read"))
    found = {
        (each.reference.usage, each.reference.app_id or each.reference.service_instance): (
            each.target_app_id
        )
        for name in ("a", "b")
        for each in domain.references(name)
    }
    assert found == {
        (Usage.GRANT_AS_AUTHORITY, "b!t1"): "b!t1",
        (Usage.GRANT_AS_AUTHORITY, "later"): None,
        (Usage.AUTHORITIES, "a!t1"): "a!t1",
        (Usage.AUTHORITIES, "nobody!t1"): None,
    }


def test_the_longest_references_fit(domain: Domain) -> None:
    name, scope, service = "n" * 100, "s" * 193, "\N{GRINNING FACE}" * 255
    long = owner(f"$XSAPPNAME(application,{name})", f"$XSSERVICENAME({service})", name=name)
    authorities = [
        f"$XSSERVICENAME({service}).{scope}",
        f"$XSAPPNAME(application,z,{name}).{scope}",
    ]
    domain.provision(
        "a", long | {"authorities": authorities, "foreign-scope-references": authorities}
    )
    assert len(domain.references("a")) == 6
    for text in (f"$XSSERVICENAME({service}a)", "$XSSERVICENAME(a\0)", f"b.{scope}s", "b.\ud800"):
        with pytest.raises(InvalidRequest):
            domain.provision("b", consumer(text))
