"""Scopes that are both granted and accepted, as committed now (D-36)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from broker.store.tokens.granted_scopes import StoredGrants

if TYPE_CHECKING:
    from tests.support.domain import Domain

TO_B = "$XSAPPNAME(application,b)"


def owner(name: str = "a", **granted: list[str]) -> dict[str, Any]:
    scopes = [
        {"name": f"$XSAPPNAME.{scope}", "grant-as-authority-to-apps": apps}
        for scope, apps in granted.items()
    ]
    return {"xsappname": name, "scopes": scopes}


def granted(domain: Domain, *authorities: str) -> set[str]:
    """Return the scopes of ``b`` if it accepts these."""
    found = domain.provision("b", {"xsappname": "b", "authorities": list(authorities)})
    return set(StoredGrants(domain.engine).to(found.instance.client.row_id))


@pytest.mark.parametrize(
    ("authorities", "scopes"),
    [
        ((), set()),
        (("$ACCEPT_GRANTED_AUTHORITIES",), {"a!t1.read", "a!t1.write", "c!t1.look"}),
        (("$XSAPPNAME(application,a)",), {"a!t1.read", "a!t1.write"}),
        (("$XSAPPNAME(application,a).read",), {"a!t1.read"}),
        (("a.read", "c.look"), {"a!t1.read", "c!t1.look"}),
        (("a.other", "$XSAPPNAME(application,d)"), set()),
    ],
)
def test_a_scope_needs_a_grant_and_an_acceptance(
    on_sqlite: Domain, authorities: tuple[str, ...], scopes: set[str]
) -> None:
    on_sqlite.provision("a", owner(read=[TO_B], write=[TO_B], secret=[]))
    on_sqlite.provision("c", owner("c", look=[TO_B], other=["$XSAPPNAME(application,a)"]))
    assert granted(on_sqlite, *authorities) == scopes


def test_a_scope_that_is_granted_twice_is_returned_once(on_sqlite: Domain) -> None:
    on_sqlite.provision("a", owner(read=[TO_B, "$XSSERVICENAME(my-b)"]))
    found = on_sqlite.provision(
        "b",
        {"xsappname": "b", "authorities": ["$ACCEPT_GRANTED_AUTHORITIES", "a.read"]},
        context={"instance_name": "my-b"},
    )
    assert StoredGrants(on_sqlite.engine).to(found.instance.client.row_id) == ("a!t1.read",)


def test_a_grant_ends_with_its_owner(on_sqlite: Domain) -> None:
    on_sqlite.provision("a", owner(read=[TO_B]))
    assert granted(on_sqlite, "a.read") == {"a!t1.read"}
    on_sqlite.deprovision("a")
    client = on_sqlite.instance("b").client
    assert StoredGrants(on_sqlite.engine).to(client.row_id) == ()
