"""The rows of the settings of zones; the rules are tested beside ``identity``."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from broker.identity.zone_settings import ZoneSettings
from tests.support.users import NOW

if TYPE_CHECKING:
    from broker.identity.zone import Zone
    from broker.store.repositories import Repositories
    from tests.support.domain import Domain


def test_all_settings_are_stored(domain: Domain) -> None:
    zone = domain.provision("i").instance.client.zone
    settings = ZoneSettings(
        default_idp="corporate",
        access_token_validity=1800,
        refresh_token_validity=3600,
        refresh_token_rotate=True,
        refresh_token_unique=True,
        same_email_is_same_user=True,
        iframe_domains=("https://a.example.org",),
        home_redirect="https://b.example.org",
        logout_redirects=("https://c.example.org/**",),
        version=3,
        updated_at=NOW,
    )
    for written in (settings, ZoneSettings(version=4, updated_at=NOW)):
        domain.transactions.run(partial(_write, zone, written))
        assert domain.transactions.read(lambda store: store.zone_settings.of(zone)) == written


def _write(zone: Zone, settings: ZoneSettings, store: Repositories) -> None:
    store.zone_settings.write(zone, settings)
