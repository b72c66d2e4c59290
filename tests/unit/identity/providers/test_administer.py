"""Identity providers of a zone: added, changed, deleted (I-30, I-31, I-46, D-46)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, insert, select

from broker.errors import AlreadyExists, InvalidRequest, NotFound, StateConflict
from broker.identity.providers.administer import NewProvider, ProviderChanges, Providers
from broker.ids import new_row_id
from broker.store.identity.users import StoredUsers
from broker.store.tables.assignments import role_mapping
from broker.store.tables.core import audit_event, zone
from broker.store.tables.declared import role_collection
from tests.support.domain import OPERATOR
from tests.support.users import NOW, stored_user

if TYPE_CHECKING:
    from broker.identity.providers.provider import Provider
    from broker.identity.zone import Zone
    from tests.support.domain import Domain

ISSUER = "https://idp.example.org"
VALID = {"issuer": ISSUER, "relyingPartyId": "app"}
ROLES = {
    "xsappname": "app",
    "role-templates": [{"name": "Viewer"}],
    "role-collections": [{"name": "All", "role-template-references": ["$XSAPPNAME.Viewer"]}],
}


def a_zone(domain: Domain) -> Zone:
    return domain.provision("i", ROLES).instance.client.zone


def service(domain: Domain, *, is_dev: bool = False) -> Providers:
    return Providers(domain.transactions, domain.clock, allows_http=is_dev)


def add(domain: Domain, origin: str = "corporate", **members: Any) -> Provider:
    issuer = f"https://{origin}.example.org"
    configuration = {"issuer": issuer, "relyingPartyId": "app", **members}
    return service(domain).add(OPERATOR, "1", NewProvider(origin, configuration))


def change(domain: Domain, origin: str, **members: Any) -> Provider:
    return service(domain).change(OPERATOR, "1", origin, ProviderChanges(**members))


def events(domain: Domain) -> list[tuple[str, dict[str, Any]]]:
    query = select(audit_event).where(audit_event.c.subject_kind == "identity-provider")
    with domain.engine.connect() as connection:
        rows = connection.execute(query.order_by(audit_event.c.at)).all()
    return [(row.action, json.loads(row.details)) for row in rows]


@pytest.mark.parametrize("origin", ["\x00", "\udcff"])
def test_an_origin_that_no_database_stores_is_unknown(domain: Domain, origin: str) -> None:
    a_zone(domain)
    with pytest.raises(NotFound, match="has no identity provider"):
        service(domain).one("1", origin)


def test_the_local_store_is_always_listed(domain: Domain) -> None:
    """I-13."""
    a_zone(domain)
    add(domain, "a")
    found = [each.provider for each in service(domain).all("1")]
    assert [(each.origin, each.type, each.is_active) for each in found] == [
        ("sap.default", "uaa", True),
        ("a", "oidc1.0", True),
    ]
    assert service(domain).one("1", "ldap").provider.is_local


def test_a_provider_is_added_and_changed(domain: Domain) -> None:
    a_zone(domain)
    added = add(domain, relyingPartySecret="s3cret")
    assert (added.has_secret, added.version, added.name) == (True, 1, "corporate")
    assert "relyingPartySecret" not in added.configuration
    domain.clock.advance(hours=1)
    changed = change(domain, "corporate", name="Corporate", configuration={"pkce": False})
    assert changed == service(domain).one("1", "corporate").provider
    assert (changed.version, changed.updated_at) == (2, domain.clock.now())
    assert changed.configuration["issuer"] == "https://corporate.example.org"
    domain.clock.advance(hours=1)
    same = change(domain, "corporate", name="Corporate", configuration={"pkce": False})
    assert same == changed
    domain.clock.advance(hours=1)
    change(domain, "corporate", configuration={"relyingPartySecret": "n3w"})
    [created, first, second] = events(domain)
    assert created[0] == "create-provider"
    assert first == (
        "change-provider",
        {
            "changed": {"name": "Corporate", "pkce": False},
            "previous": {"name": "corporate", "pkce": True},
        },
    )
    assert second == ("change-provider", {"changed": {}, "previous": {}, "new_secret": True})
    assert "s3cret" not in str(events(domain))


def test_the_secret_is_sealed_for_its_provider(domain: Domain) -> None:
    """D-52."""
    a_zone(domain)
    added = add(domain, relyingPartySecret="s3cret")
    found = domain.transactions.read(lambda store: store.providers.secret(added))
    assert found == "s3cret"
    other = add(domain, "other")
    assert domain.transactions.read(lambda store: store.providers.secret(other)) is None


@pytest.mark.parametrize("member", ["issuer", "discoveryUrl", "tokenUrl"])
def test_the_secret_is_not_sent_elsewhere_without_being_entered_again(
    on_sqlite: Domain, member: str
) -> None:
    """An administrator who does not know it would receive it at an endpoint of its own."""
    a_zone(on_sqlite)
    added = add(on_sqlite, relyingPartySecret="s3cret")
    elsewhere = {member: "https://evil.example.org"}
    given = {**added.configuration, **elsewhere}
    for replaces in (False, True):
        with pytest.raises(InvalidRequest, match=f"missing beside another {member}"):
            change(on_sqlite, "corporate", configuration=given, replaces=replaces)
    assert service(on_sqlite).one("1", "corporate").provider == added
    add(on_sqlite, "public")
    for origin, members in (
        ("corporate", {"relyingPartySecret": "n3w", member: "https://a.example.org"}),
        ("public", {member: "https://b.example.org"}),
    ):
        changed = change(on_sqlite, origin, configuration=members)
        assert changed.configuration[member] == members[member]


def test_a_configuration_is_replaced_as_a_whole(on_sqlite: Domain) -> None:
    a_zone(on_sqlite)
    add(on_sqlite, pkce=False)
    new = {"issuer": "https://corporate.example.org", "relyingPartyId": "app"}
    replaced = change(on_sqlite, "corporate", configuration=new, replaces=True)
    assert replaced.configuration["pkce"] is True
    with pytest.raises(InvalidRequest, match="issuer is missing"):
        change(on_sqlite, "corporate", configuration={"issuer": None})


@pytest.mark.parametrize(
    "origin", ["sap.default", "ldap", "uaa", "unknown", "Corporate", "a/b", "-a", "a" * 37, ""]
)
def test_other_origins_are_refused(on_sqlite: Domain, origin: str) -> None:
    """I-12."""
    a_zone(on_sqlite)
    with pytest.raises(InvalidRequest) as refused:
        service(on_sqlite).add(OPERATOR, "1", NewProvider(origin, VALID))
    assert [each.path for each in refused.value.violations] == ["origin"]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"type": "saml"}, "type"),
        ({"type": "ldap"}, "type"),
        ({"name": "a\n"}, "name"),
        ({"name": "a" * 256}, "name"),
        ({"configuration": VALID | {"relyingPartySecret": ""}}, "relyingPartySecret"),
        ({"configuration": VALID | {"relyingPartySecret": "a" * 2049}}, "relyingPartySecret"),
        ({"configuration": VALID | {"relyingPartySecret": 1}}, "relyingPartySecret"),
        ({"configuration": VALID | {"issuer": "http://localhost:8080"}}, "issuer"),
        ({"configuration": VALID | {"tokenUrl": "HTTP://localhost/token"}}, "tokenUrl"),
    ],
)
def test_other_values_are_refused(on_sqlite: Domain, changes: dict[str, Any], path: str) -> None:
    a_zone(on_sqlite)
    new = NewProvider(**{"origin": "a", "configuration": VALID, **changes})
    with pytest.raises(InvalidRequest) as refused:
        service(on_sqlite).add(OPERATOR, "1", new)
    assert [each.path for each in refused.value.violations] == [path]
    assert len(service(on_sqlite).all("1")) == 1


def test_mode_dev_allows_a_provider_of_this_machine(on_sqlite: Domain) -> None:
    """I-33."""
    a_zone(on_sqlite)
    new = NewProvider("a", VALID | {"issuer": "http://localhost:8080"})
    assert service(on_sqlite, is_dev=True).add(OPERATOR, "1", new).issuer == "http://localhost:8080"


def test_origins_and_active_issuers_are_unique_in_a_zone(domain: Domain) -> None:
    """I-30."""
    a_zone(domain)
    domain.provision("j", organization_guid="other")
    services = service(domain)
    services.add(OPERATOR, "1", NewProvider("a", VALID))
    services.add(OPERATOR, "2", NewProvider("a", VALID))
    with pytest.raises(AlreadyExists, match="an identity provider a already"):
        services.add(OPERATOR, "1", NewProvider("a", VALID | {"issuer": "https://b.example.org"}))
    with pytest.raises(AlreadyExists, match=f"provider a has the issuer {ISSUER} already"):
        services.add(OPERATOR, "1", NewProvider("b", VALID))
    services.add(OPERATOR, "1", NewProvider("b", VALID, is_active=False))
    with pytest.raises(AlreadyExists):
        change(domain, "b", is_active=True)
    change(domain, "a", is_active=False)
    assert change(domain, "b", is_active=True).is_active


def test_what_identifies_its_users_is_frozen(domain: Domain) -> None:
    """D-46."""
    zone_ = a_zone(domain)
    add(domain)
    assert change(domain, "corporate", configuration={"issuer": ISSUER}).issuer == ISSUER
    stored_user(domain, zone_, origin="corporate")
    for members in (
        {"issuer": "https://other.example.org"},
        {"relyingPartyId": "other"},
        {"authUrl": "https://other.example.org/authorize"},
        {"attributeMappings": {"user_name": "email"}},
    ):
        with pytest.raises(StateConflict, match=r"corporate has users \(1\), who depend on"):
            change(domain, "corporate", configuration=members)
    changed = change(domain, "corporate", configuration={"linkText": "other"})
    assert changed.configuration["linkText"] == "other"


def test_users_of_an_inactive_provider_are_logged_off(domain: Domain) -> None:
    """I-45, D-59: for good, also if it is active again."""
    zone_ = a_zone(domain)
    add(domain)
    user, local = stored_user(domain, zone_, origin="corporate"), stored_user(domain, zone_)
    change(domain, "corporate", is_active=False)
    change(domain, "corporate", is_active=True)
    users = StoredUsers(domain.engine)
    found, other = users.find(user.user_id), users.find(local.user_id)
    assert found is not None
    assert other is not None
    assert (found.token_epoch, other.token_epoch) == (2, 1)
    assert found.provider_is_active


def test_the_local_store_is_switched_off_but_never_deleted(domain: Domain) -> None:
    """I-13."""
    zone_ = a_zone(domain)
    local = stored_user(domain, zone_)
    changed = change(domain, "sap.default", is_active=False)
    assert (changed.is_active, changed.version) == (False, 1)
    found = StoredUsers(domain.engine).find(local.user_id)
    assert found is not None
    assert not found.provider_is_active
    assert change(domain, "uaa", name="Local", is_active=True).version == 2
    with pytest.raises(StateConflict, match="cannot be deleted"):
        service(domain).delete(OPERATOR, "1", "sap.default")
    with pytest.raises(StateConflict, match="no configuration"):
        change(domain, "sap.default", configuration=VALID)


def test_its_users_and_mappings_are_deleted_with_it(domain: Domain) -> None:
    """I-46."""
    zone_ = a_zone(domain)
    add(domain)
    user, local = stored_user(domain, zone_, origin="corporate"), stored_user(domain, zone_)
    with domain.engine.begin() as connection:
        collection = connection.execute(
            select(role_collection.c.id).where(role_collection.c.name == "All")
        ).scalar_one()
        for origin in ("corporate", "other"):
            connection.execute(insert(role_mapping).values(_a_mapping(collection, origin)))
    assert service(domain).one("1", "corporate").mappings == 1
    domain.clock.advance(hours=1)
    deleted = service(domain).delete(OPERATOR, "1", "corporate")
    assert (deleted.users, deleted.mappings) == (1, 1)
    users = StoredUsers(domain.engine)
    assert users.find(user.user_id) is None
    assert users.find(local.user_id) is not None
    with domain.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(role_mapping)).scalar() == 1
        # Cached rights end (I-143).
        epochs = connection.execute(select(zone.c.roles_epoch).where(zone.c.number == 1)).scalar()
    assert epochs
    action, details = events(domain)[-1]
    assert (action, details["users"], details["mappings"]) == ("delete-provider", 1, 1)
    with pytest.raises(NotFound, match="no identity provider corporate"):
        service(domain).one("1", "corporate")


def _a_mapping(collection: int, origin: str) -> dict[str, Any]:
    return {
        "id": new_row_id(),
        "role_collection_row_id": collection,
        "origin": origin,
        "attribute": "Groups",
        "operator": "equals",
        "value": "a",
        "created_by": "operator",
        "created_at": NOW,
    }
