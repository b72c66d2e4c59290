"""An administrator and an auditor at the console's pages about credentials, with a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from broker.authorization.collections.names import ADMINISTRATORS, VIEWERS
from tests.browser.clicks import Clicks, entered
from tests.clients.service_instance import ServiceInstance
from tests.support.application import token_status
from tests.support.platform import PlatformClient, a_descriptor, credential_types

if TYPE_CHECKING:
    from tests.support.browser import Visitor
    from tests.support.people import People
    from tests.support.server import Server


@pytest.fixture
def owned(server: Server) -> ServiceInstance:
    """An instance of the zone that issues binding secrets and accepts the instance secret."""
    types = credential_types("binding-secret", "instance-secret")
    platform = PlatformClient(server.url, server.user, server.password)
    return ServiceInstance(platform).create(a_descriptor(oauth2_configuration=types))


def confirm(clicks: Clicks, name: str, button: str) -> str:
    """Type the name, press the button and return the notice."""
    clicks.page.fill("input[name=confirm]", name)
    clicks(button, "button")
    return clicks.page.get_by_role("status").inner_text()


def test_an_administrator_revokes_one_credential(
    server: Server, people: People, visitor: Visitor, owned: ServiceInstance
) -> None:
    leaked, kept = owned.create_key(), owned.create_key()
    assert (token_status(leaked.credentials), token_status(kept.credentials)) == (200, 200)
    clicks = entered(server, people, visitor, ADMINISTRATORS)
    clicks("Service instances")
    clicks(leaked.credentials["xsappname"])
    clicks(leaked.binding_id)
    assert confirm(clicks, leaked.binding_id, "Revoke credential") == "The credential was revoked."
    assert (token_status(leaked.credentials), token_status(kept.credentials)) == (401, 200)
    assert clicks.page.get_by_role("link", name=leaked.binding_id).count() == 0
    assert clicks.page.get_by_role("link", name=kept.binding_id).count() == 1


def test_an_administrator_rotates_the_secret_with_an_overlap(
    server: Server, people: People, visitor: Visitor, owned: ServiceInstance
) -> None:
    old = owned.create_key("instance-secret")
    clicks = entered(server, people, visitor, ADMINISTRATORS)
    clicks("Service instances")
    clicks(old.credentials["xsappname"])
    clicks("Rotate instance secret")
    clicks.page.select_option("select[name=overlap]", "1d")
    notice = confirm(clicks, owned.instance_id, "Rotate instance secret")
    assert notice == "The instance secret was rotated."
    new = owned.create_key("instance-secret")
    assert new.credentials["clientsecret"] != old.credentials["clientsecret"]
    assert (token_status(old.credentials), token_status(new.credentials)) == (200, 200)
    assert clicks.page.get_by_role("link", name="Revoke previous secret").count() == 1


def test_an_auditor_finds_who_still_uses_the_instance_secret(
    server: Server, people: People, visitor: Visitor, owned: ServiceInstance
) -> None:
    key = owned.create_key("instance-secret")
    assert token_status(key.credentials) == 200
    clicks = entered(server, people, visitor, VIEWERS)
    clicks("Migration readiness")
    clicks(key.credentials["xsappname"])
    assert clicks.page.get_by_role("link", name=key.binding_id).count() == 1
    clicks("What would another list break?")
    clicks.page.uncheck("input[name=instance-secret]")
    clicks("Show what would break", "button")
    assert clicks.page.get_by_role("link", name=key.binding_id).count() == 1
    assert "Bindings that stop working: 1" in clicks.page.inner_text("main")
    assert token_status(key.credentials) == 200
    page = visitor.open(f"{server.url}/console/instances/{owned.instance_id}/secret")
    assert page.get_by_role("button", name="Rotate instance secret").count() == 0
