"""``/`` says what this is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.console_world import ConsoleWorld


def test_the_page_leads_to_everything(world: ConsoleWorld) -> None:
    reply = world.logins.visitor().get("/")
    assert reply.status == 200
    assert {"/console", "/openapi.json", "/docs/administration-api", "/docs/xs-security.md"} <= set(
        reply.links
    )
    assert "Open Service Broker" in reply.text


def test_german(world: ConsoleWorld) -> None:
    reply = world.logins.visitor().get("/", {"Accept-Language": "de-AT"})
    assert '<html lang="de"' in reply.text
    assert "Konsole" in reply.text
