"""Links as commands print them."""

from __future__ import annotations

from dataclasses import replace

from broker.cli.identity.links import link_document, link_url
from broker.identity.zone import OPERATOR_INDEX, OPERATOR_ZONE
from broker.settings.model import Settings
from tests.support.users import A_ZONE, a_user


def test_a_link_is_at_the_address_of_the_zone() -> None:
    settings = Settings(mode="dev", public_url="https://{zone}.uaa.example.org")
    url = link_url(settings, a_user(), "0.secret")
    assert url == "https://zone-1.uaa.example.org/set-password?link=0.secret"
    assert link_document(url) == {"link": url}
    assert link_document(None) == {"link": None}


def test_links_of_operators_are_at_the_shared_address() -> None:
    settings = Settings(mode="dev", public_url="https://{zone}.uaa.example.org")
    zone = replace(A_ZONE, index=OPERATOR_INDEX, subdomain=OPERATOR_ZONE)
    url = link_url(settings, a_user(zone), "0.secret")
    assert url == "https://uaa.example.org/set-password?link=0.secret"
