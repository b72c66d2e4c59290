"""Grants that clients may use: stored with the client, never widened by an upgrade (D-60)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from broker.authorization.grant_types import DEFAULT_GRANTS, has_user_grants
from broker.descriptor.model import GrantType
from broker.instances.plan import Plan
from broker.lifecycle.complete import Complete
from broker.store.reports.user_grants import applications_with_user_grants
from broker.store.tables.core import client, service_instance
from tests.support.domain import APIACCESS, OPERATOR

if TYPE_CHECKING:
    from tests.support.domain import Domain

ONLY_CLIENTS = ("client_credentials",)
SEVEN = (
    "refresh_token",
    "urn:ietf:params:oauth:grant-type:saml2-bearer",
    "client_credentials",
    "password",
    "authorization_code",
    "user_token",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
)
PLAIN: dict[str, Any] = {"xsappname": "app"}
FOR_USERS: dict[str, dict[str, Any]] = {
    "redirect URIs": PLAIN
    | {"oauth2-configuration": {"redirect-uris": ["https://app.example.org/**"]}},
    "role templates": PLAIN | {"role-templates": [{"name": "Viewer"}]},
}
NAMED = PLAIN | {"oauth2-configuration": {"grant-types": ["client_credentials", "password"]}}

OF_INSTANCE = client.c.service_instance_guid != ""
"""Excludes the built-in application."""


def stored(domain: Domain, instance_id: str = "i") -> tuple[str, ...]:
    return domain.instance(instance_id).client.grant_types


def forget(domain: Domain, **columns: Any) -> None:
    """Change the rows to those of an older version."""
    with domain.engine.begin() as connection:
        connection.execute(update(client).values(grant_types=None, grant_types_filled_at=None))
        if columns:
            connection.execute(update(service_instance).values(**columns))


def completed(domain: Domain) -> tuple[int, int]:
    done = Complete(domain.transactions, domain.declare, domain.clock)(OPERATOR)
    return done.grant_types, done.user_grants


def test_a_descriptor_without_a_list_gets_the_original_s_seven_literally(domain: Domain) -> None:
    assert DEFAULT_GRANTS == SEVEN
    assert set(SEVEN) == set(GrantType) - {"client_x509"}, "a new grant type never joins by itself"
    domain.provision("i", PLAIN)
    assert stored(domain) == SEVEN


def test_a_descriptor_s_own_list_is_stored(domain: Domain) -> None:
    domain.provision("i", NAMED)
    assert stored(domain) == ("client_credentials", "password")
    domain.update("i", PLAIN)
    assert stored(domain) == SEVEN


def test_client_x509_is_stored_as_given_and_is_no_grant_for_users(domain: Domain) -> None:
    """D-60: a version that does not know the word refuses the client's requests."""
    only = PLAIN | {"oauth2-configuration": {"grant-types": ["client_x509"]}}
    domain.provision("i", only)
    assert stored(domain) == ("client_x509",)
    forget(domain)
    assert completed(domain) == (1, 0)
    assert stored(domain) == ("client_x509",)
    assert list(applications_with_user_grants(domain.engine)) == []


@pytest.mark.parametrize(
    ("grant_types", "for_users"),
    [
        ((), False),
        (("client_credentials",), False),
        (("client_x509", "client_credentials"), False),
        (("client_x509", "password"), True),
        (("a-later-grant",), True),
    ],
)
def test_other_grants_are_for_users(grant_types: tuple[str, ...], *, for_users: bool) -> None:
    assert has_user_grants(grant_types) == for_users


def test_apiaccess_is_for_clients_only(domain: Domain) -> None:
    domain.provision("i", plan=Plan.APIACCESS, plan_id=APIACCESS)
    assert stored(domain) == ONLY_CLIENTS


def test_a_row_of_an_older_version_reads_as_for_clients_only(domain: Domain) -> None:
    domain.provision("i", FOR_USERS["role templates"])
    forget(domain)
    assert stored(domain) == ONLY_CLIENTS
    secret = domain.bind("i", "b")
    authenticated = domain.authenticator.authenticate(secret["clientid"], secret["clientsecret"])
    assert authenticated.client.grant_types == ONLY_CLIENTS


@pytest.mark.parametrize("name", FOR_USERS)
def test_applications_prepared_for_users_are_filled_with_the_seven(
    domain: Domain, name: str
) -> None:
    domain.provision("i", FOR_USERS[name])
    forget(domain)
    assert list(applications_with_user_grants(domain.engine)) == ["app!t1"]
    assert completed(domain) == (1, 1)
    assert stored(domain) == SEVEN
    assert list(applications_with_user_grants(domain.engine)) == ["app!t1"]
    assert completed(domain) == (0, 0)


def test_all_others_are_filled_with_client_credentials(domain: Domain) -> None:
    domain.provision("i", PLAIN)
    domain.provision("j")
    forget(domain)
    assert completed(domain) == (2, 0)
    assert stored(domain, "i") == stored(domain, "j") == ONLY_CLIENTS
    assert list(applications_with_user_grants(domain.engine)) == []


def test_a_list_that_the_descriptor_names_is_filled_in_and_not_listed(domain: Domain) -> None:
    domain.provision("i", NAMED)
    forget(domain)
    assert completed(domain) == (1, 1)
    assert stored(domain) == ("client_credentials", "password")
    assert list(applications_with_user_grants(domain.engine)) == []


@pytest.mark.parametrize("parameters", ['{"xsappname":"app","later":1}', "[]", "null", "{"])
def test_an_unreadable_descriptor_is_filled_with_client_credentials(
    domain: Domain, parameters: str
) -> None:
    domain.provision("i", FOR_USERS["role templates"])
    forget(domain, parameters=parameters)
    assert list(applications_with_user_grants(domain.engine)) == []
    assert completed(domain) == (1, 0)
    with domain.engine.connect() as connection:
        query = select(client.c.grant_types).where(OF_INSTANCE)
        assert connection.execute(query).scalar_one() == ONLY_CLIENTS[0]


def test_an_update_sets_grant_types_and_is_no_longer_listed(domain: Domain) -> None:
    domain.provision("i", FOR_USERS["role templates"])
    forget(domain)
    completed(domain)
    domain.update("i", FOR_USERS["role templates"])
    assert stored(domain) == SEVEN
    assert list(applications_with_user_grants(domain.engine)) == []
    with domain.engine.connect() as connection:
        query = select(client.c.grant_types_filled_at).where(OF_INSTANCE)
        assert connection.execute(query).scalar_one() is None


def test_what_decides_on_no_grant_types_leaves_an_older_row_to_be_filled(domain: Domain) -> None:
    domain.provision("i", FOR_USERS["role templates"])
    forget(domain)
    with domain.engine.begin() as connection:
        connection.execute(update(client).values(declared_epoch=None))
    domain.update("i", context={"instance_name": "renamed"})
    assert completed(domain) == (1, 1)
    assert stored(domain) == SEVEN
    domain.update("i", context={"instance_name": "again"})
    assert list(applications_with_user_grants(domain.engine)) == ["app!t1"]


def test_many_instances_are_filled_in_pages(
    domain: Domain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("broker.lifecycle.complete._PAGE_SIZE", 10)
    for number in range(25):
        domain.provision(f"i-{number}", {"xsappname": f"app-{number}"})
    forget(domain)
    assert completed(domain) == (25, 0)
