"""Updates: dry runs, their reports, and instances that an older version wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, update

from broker.credentials.usage import Usage
from broker.errors import ForbiddenChange, InvalidRequest
from broker.instances.plan import Plan
from broker.lifecycle.complete import Complete
from broker.lifecycle.requests import UpdateRequest
from broker.store.credentials.usage import write_usage
from broker.store.tables.core import client, service_instance
from broker.store.tables.declared import application_reference, role_collection
from tests.support.domain import APIACCESS, CALLER, OPERATOR, SERVICE

if TYPE_CHECKING:
    from tests.support.domain import Domain


def descriptor(*types: str, **more: Any) -> dict[str, Any]:
    return {"xsappname": "app", "oauth2-configuration": {"credential-types": list(types)}, **more}


TYPE_REMOVED = (
    "oauth2-configuration.credential-types: [instance-secret, binding-secret] becomes"
    " [binding-secret]; bindings with instance-secret are cut off."
)
CUT_OFF = "app app-1 (binding b1): its instance-secret is no longer accepted ({})."
COLLECTION_REMOVED = (
    'role-collections: "C" is removed; it is deleted and all its assignments to users and groups'
    " are lost."
)
BOTH = ("instance-secret", "binding-secret")
ONE = {
    "role-templates": [{"name": "T"}],
    "role-collections": [{"name": "C", "role-template-references": ["$XSAPPNAME.T"]}],
}


@pytest.mark.parametrize("flag", [True, "true"])
def test_a_dry_run_reports_everything_and_changes_nothing(domain: Domain, flag: object) -> None:
    domain.provision("i", descriptor(*BOTH, **ONE))
    credentials = domain.bind("i", "b1", app_guid="app-1")
    domain.bind("i", "b2", {"credential-type": "binding-secret"})
    before = domain.instance("i")
    new = descriptor("binding-secret", scopes=[{"name": "$XSAPPNAME.read"}])
    sentences = domain.update("i", new | {"dry-run": flag})
    assert sentences == [
        "Dry run: nothing was changed.",
        'scopes: "$XSAPPNAME.read" is added.',
        'role-templates: "T" is removed; its roles are deleted and removed from role collections.',
        COLLECTION_REMOVED,
        TYPE_REMOVED,
        CUT_OFF.format("no use recorded"),
    ]
    assert domain.instance("i") == before
    assert domain.accepts(credentials)
    use = Usage(accepted=1, last_used_at=domain.clock.now())
    client = domain.authenticator.authenticate(credentials["clientid"], credentials["clientsecret"])
    write_usage(domain.engine, {client.credential_id: use})
    assert domain.update("i", new)[-1] == CUT_OFF.format("last used 2030-01-01T00:00:00Z")
    assert not domain.accepts(credentials)


def test_a_dry_run_of_the_same_descriptor(domain: Domain) -> None:
    domain.provision("i", descriptor(*BOTH))
    same = descriptor(*BOTH) | {"dry-run": True}
    assert domain.update("i", same) == ["Dry run: nothing was changed.", "No differences."]


def test_a_dry_run_fails_as_the_update_would(domain: Domain) -> None:
    domain.provision("i", descriptor(*BOTH, **ONE))
    domain.provision("j", {"xsappname": "other"})
    with pytest.raises(ForbiddenChange, match=r"^Dry run: Cannot change AppId"):
        domain.update("i", {"xsappname": "renamed", "dry-run": True})
    with pytest.raises(InvalidRequest, match=r"^Dry run: Error parsing .* already exists"):
        domain.update("j", {"xsappname": "other", **ONE, "dry-run": True})
    with pytest.raises(InvalidRequest, match=r"^Dry run: Error parsing"):
        domain.update("j", {"xsappname": 7}, dry_run=True)
    with pytest.raises(InvalidRequest, match=r"^Dry run: service_id: not the service"):
        domain.update("j", {"xsappname": "other", "dry-run": "true"}, service_id="another")


def test_a_dry_run_is_for_updates_only(domain: Domain) -> None:
    with pytest.raises(InvalidRequest, match=r"^Dry run: dry-run: only an update") as refused:
        domain.provision("i", {"xsappname": "app", "dry-run": True})
    assert [violation.path for violation in refused.value.violations] == ["dry-run"]
    with pytest.raises(InvalidRequest, match=r"^Dry run: Error parsing"):
        domain.provision("i", {"xsappname": "a.b", "dry-run": True})


def test_rows_of_an_older_version_are_completed(domain: Domain) -> None:
    """Including its changes while this version was already running (D-24)."""
    granting = {
        "xsappname": "app",
        "scopes": [
            {
                "name": "$XSAPPNAME.read",
                "grant-as-authority-to-apps": ["$XSSERVICENAME(consumer)"],
            }
        ],
        **ONE,
    }
    consumer = {"xsappname": "consumer", "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"]}
    domain.provision("i", granting)
    domain.provision("j", consumer, context={"instance_name": "consumer"})
    for table in (application_reference, role_collection):
        execute(domain, delete(table))
    execute(domain, update(client).values(declared_epoch=None, accepts_grants=False))
    execute(domain, update(service_instance).values(name=None, space=None))
    assert domain.scopes("j") == ("uaa.resource",)
    complete = Complete(domain.transactions, domain.declare, domain.clock)
    assert complete(OPERATOR).declarations == 2
    assert domain.scopes("j") == ("app!t1.read", "uaa.resource")
    execute(domain, update(client).values(epoch=client.c.epoch + 1))
    assert complete(OPERATOR).declarations == 2
    assert complete(OPERATOR).declarations == 0


def execute(domain: Domain, statement: Any) -> None:
    with domain.engine.begin() as connection:
        connection.execute(statement)


def test_a_stored_descriptor_that_is_not_understood_can_be_replaced(domain: Domain) -> None:
    """A descriptor accepted by an older version must not block updates."""
    domain.provision("i", descriptor(*BOTH))
    execute(domain, update(service_instance).values(parameters='{"xsappname":"app","old":1}'))
    assert Complete(domain.transactions, domain.declare, domain.clock)(OPERATOR).declarations == 0
    domain.update("i", descriptor("binding-secret"))
    assert domain.instance("i").parameters == descriptor("binding-secret")


APIACCESS_PLAN: dict[str, Any] = {"plan": Plan.APIACCESS, "plan_id": APIACCESS}


def of_validity(seconds: int, **more: Any) -> dict[str, Any]:
    return {"oauth2-configuration": {"token-validity": seconds}, **more}


@pytest.mark.parametrize("named", [{}, {"xsappname": "admin"}])
def test_plan_apiaccess_changes_its_validity(domain: Domain, named: dict[str, str]) -> None:
    """H-06. Its name is optional in an update, because the broker chose it or cannot change it."""
    before = domain.provision("i", named, **APIACCESS_PLAN).instance
    for seconds in (3600, 1800):
        # Like every update, this one replaces all parameters.
        assert domain.update("i", of_validity(seconds, **named), plan_id=APIACCESS) == []
        client = domain.instance("i").client
        assert client.token_validity == seconds
        assert (client.app_id, client.authorities) == (
            before.client.app_id,
            before.client.authorities,
        )
        assert client.credential_types == ("binding-secret",)
        assert client.grant_types == ("client_credentials",)
    shown = domain.update("i", of_validity(900), plan_id=APIACCESS, dry_run=True)
    assert shown[1:] == ["oauth2-configuration.token-validity: 1800 becomes 900."]
    assert domain.update("i", {"xsuaa": {}}, plan_id=APIACCESS) == []
    assert domain.instance("i").client.token_validity is None


def test_plan_apiaccess_keeps_its_name(domain: Domain) -> None:
    domain.provision("i", {"xsappname": "admin"}, **APIACCESS_PLAN)
    with pytest.raises(ForbiddenChange, match="Cannot change AppId with update"):
        domain.update("i", {"xsappname": "other"}, plan_id=APIACCESS)
    with pytest.raises(InvalidRequest, match="Plan apiaccess takes no dry-run"):
        domain.update("i", {"dry-run": True}, plan_id=APIACCESS)
    assert domain.instance("i").parameters == {"xsappname": "admin"}


def test_parameters_are_parsed_by_the_plan_of_the_instance_under_lock(domain: Domain) -> None:
    """An instance that another one with the same id replaces after the parameters were parsed."""
    domain.provision("i", {"xsappname": "app"})
    request = UpdateRequest(CALLER, "i", SERVICE, None, {"xsappname": "app", "scopes": []}, {})
    parsed = domain.update_._parsed(request)
    domain.deprovision("i")
    domain.provision("i", **APIACCESS_PLAN)
    with pytest.raises(InvalidRequest, match="Plan apiaccess takes no scopes"):
        domain.transactions.run(
            lambda store: domain.update_._in_transaction(store, request, parsed)
        )
