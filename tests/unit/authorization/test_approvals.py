"""The approval of applications for administration scopes (D-57)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.authorization.approvals import Approvals
from broker.errors import NotFound, StateConflict
from broker.instances.plan import Plan
from broker.store.identity.client_settings import StoredClientSettings
from broker.store.tables.core import audit_event
from tests.support.domain import APIACCESS, OPERATOR
from tests.support.statements import statements_of

if TYPE_CHECKING:
    from tests.support.domain import Domain

ALL = (
    "xs_authorization.read",
    "xs_authorization.write",
    "xs_idp.read",
    "xs_idp.write",
    "xs_user.read",
    "xs_user.write",
)


def approvals(domain: Domain, *, is_open: bool = False) -> Approvals:
    return Approvals(domain.transactions, domain.clock, approves_apiaccess=is_open)


def an_apiaccess_instance(domain: Domain, **changes: Any) -> None:
    domain.provision("api", {"xsappname": "api"}, plan=Plan.APIACCESS, plan_id=APIACCESS, **changes)


def an_application(domain: Domain, *references: str) -> None:
    domain.provision("app", {"xsappname": "app", "foreign-scope-references": list(references)})


def user_scopes(domain: Domain) -> tuple[str, ...] | None:
    return StoredClientSettings(domain.engine).of(domain.instance("app").client).user_scopes


def audited(domain: Domain) -> list[tuple[str, str, dict[str, Any]]]:
    query = select(audit_event).where(audit_event.c.action.like("%appro%"))
    with domain.engine.connect() as connection:
        rows = connection.execute(query.order_by(audit_event.c.at, audit_event.c.id)).all()
    return [(row.action, row.subject_id, json.loads(row.details)) for row in rows]


@pytest.mark.parametrize("name", ["\x00", "\udcff"])
def test_a_name_that_no_database_stores_is_unknown(domain: Domain, name: str) -> None:
    an_apiaccess_instance(domain)
    with pytest.raises(NotFound, match="has no application"):
        approvals(domain).approve(OPERATOR, "1", name)


def test_an_apiaccess_client_gets_its_scopes_by_the_approval_only(domain: Domain) -> None:
    an_apiaccess_instance(domain)
    service = approvals(domain)
    assert domain.scopes("api") == ("uaa.resource",)
    domain.clock.advance(hours=1)
    approved = service.approve(OPERATOR, "1", "api")
    assert (approved.approved_by, approved.approved_at) == ("operator", domain.clock.now())
    assert domain.scopes("api") == ("uaa.resource", *ALL)
    # An update keeps the approval.
    domain.update("api", {"xsappname": "api"})
    assert domain.scopes("api") == ("uaa.resource", *ALL)
    domain.clock.advance(hours=1)
    revoked = service.revoke(OPERATOR, "1", "api!a1")
    assert (revoked.approved, revoked.missing) == ((), ALL)
    assert domain.scopes("api") == ("uaa.resource",)
    assert audited(domain) == [
        (
            "approve-application",
            "api!a1",
            {"plan": "apiaccess", "scopes": list(ALL), "previous_scopes": []},
        ),
        (
            "revoke-approval",
            "api!a1",
            {"plan": "apiaccess", "previous_scopes": list(ALL)},
        ),
    ]


def test_the_revocation_ends_issued_tokens(on_sqlite: Domain) -> None:
    an_apiaccess_instance(on_sqlite)
    credentials = on_sqlite.bind("api", "b", plan_id=APIACCESS)
    service = approvals(on_sqlite)
    service.approve(OPERATOR, "1", "api")

    def signature() -> str:
        authenticated = on_sqlite.authenticator.authenticate(
            credentials["clientid"], credentials["clientsecret"]
        )
        return authenticated.revocation_signature

    before = signature()
    service.revoke(OPERATOR, "1", "api")
    assert signature() != before


def test_users_of_an_application_get_what_was_approved(domain: Domain) -> None:
    """What the descriptor requests later needs another approval."""
    an_application(domain, "uaa.user", "xs_user.read")
    service = approvals(domain)
    assert user_scopes(domain) == ("uaa.user",)
    service.approve(OPERATOR, "1", "app")
    assert user_scopes(domain) == ("uaa.user", "xs_user.read")
    # The client itself has none of them.
    assert domain.scopes("app") == ("uaa.resource",)
    references = ["$XSAPPNAME(application,xsuaa)"]
    domain.update("app", {"xsappname": "app", "foreign-scope-references": references})
    assert user_scopes(domain) == ("xs_user.read",)
    [listed] = service.all("1")
    assert (listed.approved, len(listed.missing)) == (("xs_user.read",), 5)
    service.approve(OPERATOR, "1", "sb-app!t1")
    assert user_scopes(domain) == ALL
    service.revoke(OPERATOR, "1", "app")
    assert user_scopes(domain) == ()


def test_only_the_scopes_that_were_looked_at_are_approved(domain: Domain) -> None:
    """An update between the look and the approval adds nothing."""
    an_application(domain, "xs_user.read")
    service = approvals(domain)
    seen = service.one("1", "app").requested
    references = ["xs_user.read", "xs_user.write"]
    domain.update("app", {"xsappname": "app", "foreign-scope-references": references})
    with pytest.raises(StateConflict) as refused:
        service.approve(OPERATOR, "1", "app", seen)
    assert str(refused.value).startswith(
        "app!t1 requests xs_user.read, xs_user.write, not xs_user.read: nothing was approved."
    )
    assert (service.one("1", "app").approved_at, audited(domain)) == (None, [])
    for other in ([], ["xs_user.write"], [*references, "xs_idp.read"], ["\x1b[2J" * 500]):
        with pytest.raises(StateConflict, match="nothing was approved"):
            service.approve(OPERATOR, "1", "app", other)
    assert service.approve(OPERATOR, "1", "app", references[::-1]).missing == ()
    domain.update("app", {"xsappname": "app"})
    with pytest.raises(StateConflict, match="app!t1 requests no administration scopes, not xs_"):
        service.approve(OPERATOR, "1", "app", references)


def test_the_epoch_advances_with_each_change(on_sqlite: Domain) -> None:
    """Rights and claims are cached by it (D-36, I-143)."""
    an_application(on_sqlite, "xs_user.read")
    service = approvals(on_sqlite)

    def epoch() -> int:
        return on_sqlite.instance("app").client.epoch

    assert epoch() == 1
    service.approve(OPERATOR, "1", "app")
    service.approve(OPERATOR, "1", "app")
    assert epoch() == 2
    on_sqlite.clock.advance(hours=1)
    service.revoke(OPERATOR, "1", "app")
    service.revoke(OPERATOR, "1", "app")
    assert epoch() == 3
    assert [action for action, _, _ in audited(on_sqlite)] == [
        "approve-application",
        "revoke-approval",
    ]


def test_only_applications_that_request_them_are_listed(domain: Domain) -> None:
    an_application(domain, "xs_user.read", "$XSAPPNAME(application,b)")
    domain.provision("b", {"xsappname": "b", "foreign-scope-references": ["uaa.user"]})
    domain.provision("c")
    an_apiaccess_instance(domain, organization_guid="other")
    service = approvals(domain)
    found = [(each.app_id, each.zone, each.requested) for each in service.all()]
    assert [(each[0], each[2]) for each in found] == [
        ("api!a2", ALL),
        ("app!t1", ("xs_user.read",)),
    ]
    assert [each.app_id for each in service.all("2")] == ["api!a2"]


def test_an_application_without_such_a_request_is_refused(on_sqlite: Domain) -> None:
    an_application(on_sqlite, "uaa.user")
    with pytest.raises(StateConflict, match="requests no administration scopes"):
        approvals(on_sqlite).approve(OPERATOR, "1", "app")


def test_an_application_of_another_zone_is_not_found(on_sqlite: Domain) -> None:
    """I-11."""
    an_application(on_sqlite, "xs_user.read")
    on_sqlite.provision("b", organization_guid="other")
    with pytest.raises(NotFound, match="has no application app"):
        approvals(on_sqlite).approve(OPERATOR, "2", "app!t1")


def test_a_name_may_be_ambiguous(on_sqlite: Domain) -> None:
    on_sqlite.provision("app", {"xsappname": "api", "foreign-scope-references": ["xs_user.read"]})
    an_apiaccess_instance(on_sqlite)
    service = approvals(on_sqlite)
    with pytest.raises(StateConflict, match="api names several applications: api!a1, api!t1"):
        service.approve(OPERATOR, "1", "api")
    assert service.approve(OPERATOR, "1", "api!t1").plan is Plan.APPLICATION


def test_an_open_broker_revokes_no_approval_of_the_plan(on_sqlite: Domain) -> None:
    """The next completion would approve it again."""
    an_apiaccess_instance(on_sqlite)
    service = approvals(on_sqlite, is_open=True)
    service.approve(OPERATOR, "1", "api")
    with pytest.raises(StateConflict, match="XSUAA_APIACCESS=open"):
        service.revoke(OPERATOR, "1", "api")


def test_pending_approvals_are_those_with_missing_scopes(domain: Domain) -> None:
    """One statement finds what ``Application.missing`` states, page by page."""
    for number, scopes in enumerate(
        (
            ["xs_user.read"],
            ["xs_user.read", "xs_idp.write"],
            ["uaa.user"],
            [],
            ["xs_authorization.read"],
            ["xs_other.read"],
        )
    ):
        parameters = {"xsappname": f"a{number}", "foreign-scope-references": scopes}
        domain.provision(f"a{number}", parameters)
    an_apiaccess_instance(domain)
    domain.provision("approved", {"xsappname": "b"}, plan=Plan.APIACCESS, plan_id=APIACCESS)
    domain.provision(
        "foreign", {"xsappname": "f", "foreign-scope-references": [*ALL]}, organization_guid="other"
    )
    service, zone = approvals(domain), domain.instance("api").client.zone
    for name in ("approved", "a0", "a4"):
        service.approve(OPERATOR, zone.guid, name)
    changed = ["xs_authorization.read", "xs_authorization.write"]
    domain.update("a4", {"xsappname": "a4", "foreign-scope-references": changed})
    with statements_of(domain.engine) as statements:
        found, total = service.pending(zone)
    assert len([each for each in statements if "SELECT" in each]) == 1
    assert found == [each for each in service.all(zone.guid) if each.missing]
    assert [each.instance_id for each in found] == ["a1", "a4", "api"]
    assert total == 3
    everywhere, _ = service.pending(None)
    assert [each.instance_id for each in everywhere] == ["a1", "a4", "api", "foreign"]
    page, total = service.pending(zone, is_descending=True, offset=1, limit=1)
    assert ([each.instance_id for each in page], total) == (["a4"], 3)
    assert [each.instance_id for each in service.pending(zone, "a4!")[0]] == ["a4"]
    assert service.pending(zone, "\x00") == ((), 0)
    assert service.pending(zone, "%") == ([], 0)
