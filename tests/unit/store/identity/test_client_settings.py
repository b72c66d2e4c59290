"""The settings of clients, as provision and update store them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from broker.errors import Busy
from broker.identity.client_settings import ClientSettings
from broker.identity.providers.provider import local_store
from broker.ids import new_row_id
from broker.store.identity.client_settings import StoredClientSettings
from broker.store.tables.core import client as client_table
from broker.store.tables.identity import zone_setting
from tests.support.statements import statements_of
from tests.support.users import NOW

if TYPE_CHECKING:
    from tests.support.domain import Domain


def settings_of(domain: Domain, instance_id: str = "i") -> ClientSettings:
    return StoredClientSettings(domain.engine).of(domain.instance(instance_id).client)


def configured(**given: Any) -> dict[str, Any]:
    names = {key.replace("_", "-"): value for key, value in given.items()}
    return {"xsappname": "app", "oauth2-configuration": names}


def test_provision_and_update_store_what_the_descriptor_says(domain: Domain) -> None:
    """I-G1."""
    domain.provision("i")
    assert settings_of(domain) == ClientSettings(user_scopes=())
    domain.provision("j", configured())
    assert settings_of(domain, "j") == ClientSettings(user_scopes=())
    domain.update(
        "j",
        configured(
            redirect_uris=["https://app.example.org/login/callback"],
            allowedproviders=["uaa", "corporate"],
            system_attributes=[],
            autoapprove=False,
            refresh_token_validity=3600,
        ),
    )
    assert settings_of(domain, "j") == ClientSettings(
        user_scopes=(),
        redirect_uris=("https://app.example.org/login/callback",),
        allowed_providers=("sap.default", "corporate"),
        system_attributes=(),
        auto_approve=False,
        refresh_token_validity=3600,
    )
    domain.update("j", configured())
    assert settings_of(domain, "j") == ClientSettings(user_scopes=())


def test_an_empty_list_of_providers_allows_none(domain: Domain) -> None:
    """I-48, D-61."""
    domain.provision("i", configured(allowedproviders=[]))
    assert settings_of(domain).allowed_providers == ()


def test_an_update_of_the_context_keeps_them(domain: Domain) -> None:
    domain.provision("i", configured(autoapprove=False))
    domain.update("i", context={"instance_name": "renamed"})
    assert settings_of(domain).auto_approve is False


def test_they_are_unavailable_while_older_than_the_client(domain: Domain) -> None:
    """An older version changes a client without them, or has created it."""
    domain.provision("i", configured())
    with domain.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE client SET epoch = epoch + 1")
    with pytest.raises(Busy):
        settings_of(domain)
    with domain.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM client_setting")
    with pytest.raises(Busy):
        settings_of(domain)


def test_they_include_the_policy_of_the_zone(domain: Domain) -> None:
    zone = domain.provision("i", configured()).instance.client.zone
    with domain.engine.begin() as connection:
        connection.execute(
            zone_setting.insert().values(
                id=zone.row_id,
                default_idp="corporate",
                access_token_validity=1800,
                refresh_token_validity=7200,
                refresh_token_rotate=True,
                same_email_is_same_user=False,
                iframe_domains="[]",
                logout_redirects="[]",
                version=1,
                updated_at=NOW,
            )
        )
    assert settings_of(domain) == ClientSettings(
        user_scopes=(),
        default_idp="corporate",
        max_access_token_validity=1800,
        max_refresh_token_validity=7200,
        rotates_refresh_tokens=True,
    )


def test_an_inactive_local_store_is_known(domain: Domain) -> None:
    """I-45."""
    zone = domain.provision("i").instance.client.zone
    local = replace(local_store(zone), row_id=new_row_id(), created_at=NOW, updated_at=NOW)
    domain.transactions.run(lambda store: store.providers.add(local, None))
    assert settings_of(domain).has_local_logon
    domain.transactions.run(lambda store: store.providers.change(replace(local, is_active=False)))
    assert not settings_of(domain).has_local_logon


def test_a_client_is_found_by_each_name_in_its_zone_only(domain: Domain) -> None:
    """Client id, application id, xsappname, id and name of the instance; one statement."""
    context = {"platform": "cloudfoundry", "organization_name": "o", "instance_name": "shop"}
    domain.provision("i", {"xsappname": "app"}, context=context)
    domain.provision("j", {"xsappname": "app"}, organization_guid="other", space_guid="other")
    one, other = (domain.instance(each).client for each in ("i", "j"))
    stored = StoredClientSettings(domain.engine)
    for name in (one.client_id, one.app_id, "app", "i", "shop"):
        with statements_of(domain.engine) as statements:
            found = stored.named(one.zone, name, 5)
        assert found == [(one, stored.of(one))]
        assert len([each for each in statements if each.startswith("SELECT")]) == 1
    for name in (other.client_id, other.app_id, "j", "", "\x00", "\udcff"):
        assert stored.named(one.zone, name, 5) == []
    assert stored.named(one.zone, "app", 0) == []


def test_outdated_settings_of_a_named_client_are_not_used(domain: Domain) -> None:
    client = domain.provision("i").instance.client
    with domain.engine.begin() as connection:
        connection.execute(update(client_table).values(epoch=client_table.c.epoch + 1))
    with pytest.raises(Busy):
        StoredClientSettings(domain.engine).named(client.zone, client.client_id, 1)
