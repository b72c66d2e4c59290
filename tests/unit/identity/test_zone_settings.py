"""The settings of a zone: bounds, defaults, the default provider."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from broker.errors import InvalidRequest
from broker.identity.administered_zone import administered_zone, lock_providers
from broker.identity.providers.administer import NewProvider, Providers
from broker.identity.zone_settings import ChangeZoneSettings, ZoneSettings
from broker.redirects.policy import RedirectPolicy
from broker.store.identity.client_settings import StoredClientSettings
from broker.store.tables.core import audit_event
from tests.support.domain import OPERATOR

if TYPE_CHECKING:
    from concurrent.futures import Future

    from broker.store.repositories import Repositories
    from tests.support.domain import Domain

PROVIDER = NewProvider("corporate", {"issuer": "https://a.example.org", "relyingPartyId": "app"})


def service(domain: Domain) -> ChangeZoneSettings:
    domain.provision("i")
    return ChangeZoneSettings(domain.transactions, domain.clock)


def test_settings_are_changed_one_by_one(domain: Domain) -> None:
    change = service(domain)
    assert change.of("1") == ZoneSettings()
    first = change(OPERATOR, "1", {"access_token_validity": 1800, "refresh_token_rotate": True})
    assert (first.version, first.updated_at) == (1, domain.clock.now())
    second = change(OPERATOR, "1", {"refresh_token_validity": 31_536_000})
    assert second == change.of("1")
    assert (second.access_token_validity, second.refresh_token_validity) == (1800, 31_536_000)
    assert (second.refresh_token_rotate, second.version) == (True, 2)
    assert change(OPERATOR, "1", {"access_token_validity": 1800}) == second
    found = StoredClientSettings(domain.engine).of(domain.instance("i").client)
    assert found.max_access_token_validity == 1800
    assert found.rotates_refresh_tokens
    reset = change(OPERATOR, "1", {"access_token_validity": -1, "refresh_token_rotate": False})
    assert (reset.access_token_validity, reset.refresh_token_rotate) == (None, False)


def test_the_default_provider_exists(domain: Domain) -> None:
    """I-49."""
    change = service(domain)
    with pytest.raises(InvalidRequest, match=r"allowed: sap\.default or the origin"):
        change(OPERATOR, "1", {"default_idp": "corporate"})
    providers = Providers(domain.transactions, domain.clock)
    providers.add(OPERATOR, "1", PROVIDER)
    assert change(OPERATOR, "1", {"default_idp": "corporate"}).default_idp == "corporate"
    providers.delete(OPERATOR, "1", "corporate")
    assert change.of("1").default_idp is None
    assert change(OPERATOR, "1", {"default_idp": "ldap"}).default_idp == "sap.default"
    assert change(OPERATOR, "1", {"default_idp": None}).default_idp is None


def test_a_change_waits_for_the_deletion_of_the_default_provider(domain: Domain) -> None:
    """It would write the deleted default again, which a later provider could have."""
    change = service(domain)
    providers = Providers(domain.transactions, domain.clock)
    provider = providers.add(OPERATOR, "1", PROVIDER)
    change(OPERATOR, "1", {"default_idp": "corporate"})
    with ThreadPoolExecutor(1) as pool:

        def delete(store: Repositories) -> Future[ZoneSettings]:
            lock_providers(store, administered_zone(store, "1"))
            # The lock is taken with the next statement that has a result.
            administered_zone(store, "1")
            changed = pool.submit(change, OPERATOR, "1", {"refresh_token_unique": True})
            with pytest.raises(NotYet):
                changed.result(timeout=0.5)
            store.providers.remove(provider)
            return changed

        changed = domain.transactions.run(delete)
        assert changed.result(timeout=60).default_idp is None
    assert (change.of("1").default_idp, change.of("1").refresh_token_unique) == (None, True)


def test_changes_are_audited_with_old_and_new_values(on_sqlite: Domain) -> None:
    change = service(on_sqlite)
    change(OPERATOR, "1", {"access_token_validity": 3600})
    with on_sqlite.engine.connect() as connection:
        rows = connection.execute(
            select(audit_event).where(audit_event.c.action == "change-zone")
        ).all()
    [row] = rows
    assert row.zone_guid == row.subject_id == on_sqlite.instance("i").client.zone.guid
    assert json.loads(row.details) == {
        "changed": {"access_token_validity": 3600},
        "previous": {"access_token_validity": None},
    }


def test_redirects_and_frames_follow_the_grammar(domain: Domain) -> None:
    """I-70, I-74."""
    domain.provision("i")
    policy = RedirectPolicy(shared_domains=("apps.example.net",), localhost=False)
    change = ChangeZoneSettings(domain.transactions, domain.clock, policy)
    given: dict[str, Any] = {
        "iframe_domains": ("https://*.Example.org", "https://*.example.org", "https://a.b:8443"),
        "home_redirect": "https://portal.example.org/home?tab=1",
        "logout_redirects": ("https://*.example.com/bye/**", "https://portal.example.org"),
    }
    found = change(OPERATOR, "1", given)
    assert found == change.of("1")
    assert found.iframe_domains == ("https://*.example.org", "https://a.b:8443")
    assert found.home_redirect == given["home_redirect"]
    assert found.logout_redirects == given["logout_redirects"]
    with pytest.raises(InvalidRequest) as refused:
        change(
            OPERATOR,
            "1",
            {
                "iframe_domains": ("https://a.b", "https://a.b; script-src *", "http://localhost"),
                "home_redirect": "https://portal.example.org/**?code=1",
                "logout_redirects": ("https://*.apps.example.net/**", "http://localhost/"),
            },
        )
    assert [each.path for each in refused.value.violations] == [
        "iframe-domains[1]",
        "iframe-domains[2]",
        "home-redirect",
        "logout-redirects[0]",
        "logout-redirects[1]",
    ]
    nothing: dict[str, Any] = {"iframe_domains": (), "home_redirect": None, "logout_redirects": ()}
    assert change(OPERATOR, "1", nothing).home_redirect is None
    assert change.of("1").logout_redirects == ()


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"iframe_domains": "https://a.b"}, "iframe-domains"),
        ({"iframe_domains": ("https://a.b",) * 51}, "iframe-domains"),
        ({"iframe_domains": (1,)}, "iframe-domains"),
        ({"logout_redirects": None}, "logout-redirects"),
        ({"logout_redirects": ("https://a.b",) * 51}, "logout-redirects"),
        ({"home_redirect": 1}, "home-redirect"),
        ({"home_redirect": ""}, "home-redirect"),
        ({"home_redirect": "https://*.example.org"}, "home-redirect"),
        ({"access_token_validity": 1799}, "access-token-validity"),
        ({"access_token_validity": 86_401}, "access-token-validity"),
        ({"access_token_validity": True}, "access-token-validity"),
        ({"refresh_token_validity": 0}, "refresh-token-validity"),
        ({"refresh_token_validity": 31_536_001}, "refresh-token-validity"),
        ({"refresh_token_validity": "3600"}, "refresh-token-validity"),
        ({"refresh_token_rotate": "yes"}, "refresh-token-rotate"),
        ({"default_idp": "a" * 37}, "default-idp"),
        ({"default_idp": 1}, "default-idp"),
        ({"default_idp": "\x00"}, "default-idp"),
        ({"same_email_is_same_user": True}, "same-email-is-same-user"),
        ({"version": 7}, "version"),
    ],
)
def test_other_values_are_refused(on_sqlite: Domain, changes: dict[str, Any], path: str) -> None:
    change = service(on_sqlite)
    with pytest.raises(InvalidRequest) as refused:
        change(OPERATOR, "1", {"refresh_token_unique": True, **changes})
    assert [each.path for each in refused.value.violations] == [path]
    assert change.of("1") == ZoneSettings()
