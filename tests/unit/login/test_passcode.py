"""Passcodes for the user of the session (I-105)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response

from broker.login.endpoints import Turns
from broker.login.pages.rendering import Pages
from broker.login.passcode import PasscodeOfUser, add_passcode
from broker.runtime.turn import Turn
from tests.support.users import A_ZONE, NOW, a_user

if TYPE_CHECKING:
    from broker.identity.user import User
    from broker.identity.zone import Zone

USER = a_user(name="<b>anna</b>")


@dataclass
class Session:
    user: User = USER
    auth_time: Any = NOW
    amr: tuple[str, ...] = ("pwd",)


@dataclass
class World:
    """A browser with or without a session."""

    current: Session | None = None
    created: list[Any] = field(default_factory=list)

    def session(self, zone: Zone) -> Session | None:
        assert zone == A_ZONE
        return self.current

    def create(self, *logon: Any) -> str:
        self.created.append(logon)
        return "ABCDE23456"

    def get(self, method: str = "GET", **headers: str) -> Any:
        part: Any = self
        app, blueprint = Flask(__name__), Blueprint("login", __name__)

        def log_on(zone: Zone, path: str) -> Response:
            return Response(f"log on in {zone.subdomain} for {path}", 401)

        passcode = PasscodeOfUser(part, Pages(), part, lambda: A_ZONE, log_on)
        add_passcode(blueprint, passcode, Turns(part, Turn(), str))
        app.register_blueprint(blueprint)
        return app.test_client().open("/passcode", method=method, headers=headers)


def test_the_page_shows_zone_user_and_code() -> None:
    world = World(Session())
    response = world.get()
    text = response.get_data(as_text=True)
    assert world.created == [(USER, NOW, ("pwd",))]
    assert "ABCDE23456" in text.replace("<wbr>", "").replace(" ", "")
    assert "zone-1" in text
    assert "&lt;b&gt;anna" in text
    assert response.headers["Cache-Control"] == "no-store"


def test_without_a_session_the_user_logs_on() -> None:
    world = World()
    text = world.get().get_data(as_text=True)
    assert text == f"log on in zone-1 for /passcode?zone={A_ZONE.guid}"
    assert world.created == []


def test_head_and_prefetch_create_nothing() -> None:
    """D-42."""
    world = World(Session())
    assert world.get("HEAD").status_code == 204
    assert world.get(**{"Sec-Purpose": "prefetch"}).status_code == 503
    assert world.created == []
