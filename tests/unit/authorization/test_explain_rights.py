"""Explanations by the function that decides rights; see also ``roles explain``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.authorization.explain_rights import ExplainRights, UserQuery
from broker.errors import NotFound, StateConflict
from broker.store.identity.client_settings import StoredClientSettings
from tests.support.rights import assign, decided_rights
from tests.support.tenants import mix_tenants
from tests.support.users import stored_user

if TYPE_CHECKING:
    from tests.support.domain import Domain

DESCRIPTOR = {
    "xsappname": "app",
    "scopes": [{"name": "$XSAPPNAME.read"}],
    "role-templates": [{"name": "R", "scope-references": ["$XSAPPNAME.read"]}],
    "role-collections": [{"name": "C", "role-template-references": ["$XSAPPNAME.R"]}],
}


def service(domain: Domain) -> ExplainRights:
    settings = StoredClientSettings(domain.engine)
    return ExplainRights(domain.transactions, settings, decided_rights(domain))


def test_the_explanation_is_that_of_the_next_token(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    client = on_sqlite.instance("i").client
    user = stored_user(on_sqlite, client.zone)
    assign(on_sqlite, user, "C")
    found = service(on_sqlite)("1", UserQuery("ANNA", "uaa"), "app!t1")
    settings = StoredClientSettings(on_sqlite.engine).of(client)
    assert found.explanation.rights == decided_rights(on_sqlite).of(user, client, settings)
    assert (found.user.user_id, found.client) == (user.user_id, client)


def test_own_scopes_are_named_as_in_the_descriptor(on_sqlite: Domain) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    stored_user(on_sqlite, on_sqlite.instance("i").client.zone)
    found = service(on_sqlite)("1", UserQuery("anna", "sap.default"), "app!t1", ["$XSAPPNAME.x"])
    assert [each.scope for each in found.explanation.scopes] == ["app!t1.x"]


@pytest.mark.parametrize(
    "names", [("2", "anna", "app!t1"), ("1", "ben", "app!t1"), ("1", "anna", "sb-b!t1")]
)
def test_unknown_names_are_not_found(on_sqlite: Domain, names: tuple[str, str, str]) -> None:
    on_sqlite.provision("i", DESCRIPTOR)
    stored_user(on_sqlite, on_sqlite.instance("i").client.zone)
    zone, user, client = names
    with pytest.raises(NotFound):
        service(on_sqlite)(zone, UserQuery(user, "sap.default"), client)


@pytest.mark.parametrize("client", ["xsuaa!t1", "sb-xsuaa!t1"])
def test_a_built_in_application_obtains_no_tokens(on_sqlite: Domain, client: str) -> None:
    """D-56: it has no credentials."""
    stored_user(on_sqlite, on_sqlite.provision("i", DESCRIPTOR).instance.client.zone)
    with pytest.raises(StateConflict, match="built-in application"):
        service(on_sqlite)("1", UserQuery("anna", "sap.default"), client)


def test_a_mixed_zone_has_no_users(on_sqlite: Domain) -> None:
    """D-53."""
    mix_tenants(on_sqlite)
    with pytest.raises(StateConflict, match="zones split"):
        service(on_sqlite)("1", UserQuery("anna", "sap.default"), "app!t1")
