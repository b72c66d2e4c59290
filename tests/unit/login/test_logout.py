"""Logout: what ends, who is asked, and where the browser goes (I-50, I-101 to I-103, TH-01)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from flask import Blueprint, Flask
from sqlalchemy import update
from structlog.testing import capture_logs

from broker.authentication.former_zone import FormerZones
from broker.authentication.session import Sessions
from broker.credentials.browser_values import BrowserValues
from broker.errors import Busy
from broker.identity.client_settings import ClientSettings
from broker.identity.zone_settings import ChangeZoneSettings
from broker.login.authorization.client_host import HostsOfClients
from broker.login.browser.browser import Browser
from broker.login.browser.cookies import Cookies
from broker.login.browser.csrf import Csrf
from broker.login.endpoints import Turns
from broker.login.logout import Logout, add_logout
from broker.login.moved_host import redirect_moved_hosts
from broker.login.pages.errors import register_page_errors
from broker.login.pages.rendering import Pages
from broker.logs.requests import log_requests
from broker.runtime.turn import Turn
from broker.store.tables.user_grants import user_session
from broker.store.zones import StoredZones
from broker.tokens.id_token_hint import Hint
from tests.support.domain import ADDRESSES, OPERATOR, Domain
from tests.support.users import stored_provider, stored_user

if TYPE_CHECKING:
    from werkzeug.test import Client as Browsing
    from werkzeug.test import TestResponse

    from broker.identity.client import Client
    from broker.identity.user import User
    from broker.identity.zone import Zone

ADDRESSED = replace(ADDRESSES, public_url="https://{zone}.uaa.example.org")
SHARED = "https://uaa.example.org"
CALLBACK = "https://app.example.org/login/callback"
BYE = "https://bye.example.org/"
HTML = {"Accept": "text/html"}


@dataclass
class World:
    """A server of two zones, and one browser."""

    domain: Domain
    provider_url: str | Exception | None = None
    former: dict[str, int] = field(default_factory=dict)
    """The indices of the zones from which a split moved clients, by name."""
    hinted_zone: str = ""
    sent_to_provider: list[tuple[str, str | None, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clients = {
            name: self.domain.provision(name, {"xsappname": name}, organization_guid=name)
            for name in ("one", "two")
        }
        self.sessions = Sessions(self.domain.transactions, self.domain.clock)
        values = BrowserValues(self.domain.keys)
        app, blueprint = Flask(__name__), Blueprint("login", __name__)
        log_requests(app)
        pages = Pages()
        self.browser = Browser(
            Cookies(is_secure=True, port=443),
            Csrf(values),
            self.sessions,
            self.domain.transactions,
            ADDRESSED,
        )
        register_page_errors(blueprint, pages)
        part: Any = self
        logout = Logout(
            self.browser,
            pages,
            self.domain.transactions,
            part,
            part,
            part,
            part,
            part,
            HostsOfClients(ADDRESSED, FormerZones(StoredZones(self.domain.engine))),
            values,
            self.domain.clock,
        )
        redirect_moved_hosts(blueprint)
        add_logout(blueprint, logout, Turns(part, Turn(), str))
        app.register_blueprint(blueprint)
        self.http: Browsing = app.test_client()

    def client(self, name: str) -> Client:
        client = self.domain.instance(name).client
        if name not in self.former:
            return client
        return replace(client, app_id=f"{name}!t{self.former[name]}")

    def of(self, client: Client) -> ClientSettings:
        """Return the settings of a client."""
        return ClientSettings(redirect_uris=(CALLBACK,))

    def entries(self, registered: list[str]) -> list[str]:
        """Return what may match."""
        return registered

    def with_client_id(self, client_id: str) -> Client | None:
        """Return the client."""
        clients = [self.client(name) for name in self.clients]
        return next((each for each in clients if each.client_id == client_id), None)

    def read(self, hint: str) -> Hint | None:
        """Read a hint, which names a client."""
        client = self.client(hint) if hint in self.clients else None
        if client is None:
            return None
        return Hint(client.client_id, self.hinted_zone or client.zone.guid, "user")

    def url(
        self, zone: Zone, origin: str, id_token: str | None, return_to: str, state: str
    ) -> str | None:
        """Return the provider's URL."""
        self.sent_to_provider.append((origin, id_token, return_to, state))
        if isinstance(self.provider_url, Exception):
            raise self.provider_url
        return self.provider_url

    def log_on(self, name: str, **user: Any) -> User:
        """Begin a session in the zone of this client, in this browser."""
        zone = self.client(name).zone
        if origin := user.get("origin"):
            stored_provider(self.domain, zone, origin, "Acme & Söhne")
        who = stored_user(self.domain, zone, **user)
        value, _ = self.domain.transactions.run(
            lambda store: self.sessions.begin(store, who, ("pwd",), id_token="provider's")
        )
        for host in ("uaa.example.org", f"{zone.subdomain}.uaa.example.org"):
            cookie = self.browser.cookies.session(zone.index)
            self.http.set_cookie(cookie, value, domain=host, secure=True)
        return who

    def open(self, path: str, base: str = SHARED, method: str = "GET", **more: Any) -> TestResponse:
        """Send a request of the browser."""
        headers = {**HTML, **more.pop("headers", {})}
        return self.http.open(path, base_url=base, method=method, headers=headers, **more)

    def zones_logged_on(self) -> set[int]:
        """Return the zones in which the browser's user has a stored session."""
        with self.domain.engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "SELECT z.number FROM user_session s"
                " JOIN shadow_user u ON u.id = s.user_row_id JOIN zone z ON z.id = u.zone_row_id"
            )
            return {row[0] for row in rows}


@pytest.fixture
def world(on_sqlite: Domain) -> World:
    return World(on_sqlite)


def test_the_client_s_logout_ends_the_session_of_its_zone(world: World) -> None:
    """I-101: approuter's request."""
    world.log_on("one")
    world.log_on("two")
    assert world.zones_logged_on() == {1, 2}
    client_id = world.client("one").client_id
    response = world.open(f"/logout.do?redirect={CALLBACK}&client_id={client_id}")
    assert (response.status_code, response.headers["Location"]) == (302, CALLBACK)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    for deleted in response.headers.getlist("Set-Cookie"):
        assert deleted.startswith("__Host-xs-session-1=;")
        assert "Max-Age=0" in deleted
    assert world.zones_logged_on() == {2}


def test_a_logout_ends_an_idle_session(world: World) -> None:
    """D-59, I-101: tokens that were exchanged in it end, too."""
    world.log_on("one", origin="corporate")
    world.provider_url = "https://idp.example.org/end"
    world.domain.clock.advance(minutes=31)
    response = world.open(f"/logout.do?client_id={world.client('one').client_id}")
    assert response.headers["Location"] == "https://idp.example.org/end"
    assert world.sent_to_provider[0][:2] == ("corporate", "provider's")
    assert world.zones_logged_on() == set()


def test_the_cookie_of_another_zone_ends_nothing(world: World) -> None:
    """I-86."""
    world.log_on("one")
    host = "uaa.example.org"
    value = world.http.get_cookie("__Host-xs-session-1", host)
    assert value is not None
    world.http.set_cookie("__Host-xs-session-2", value.value, domain=host, secure=True)
    world.open(f"/logout.do?client_id={world.client('two').client_id}")
    assert world.zones_logged_on() == {1}


def test_the_user_confirms_the_logout_of_an_idle_session(world: World) -> None:
    """I-102."""
    world.log_on("one")
    world.domain.clock.advance(minutes=31)
    asked = world.open("/logout.do")
    assert world.zones_logged_on() == {1}
    [_, token] = asked.get_data(as_text=True).split('name="csrf" value="')
    world.open("/logout.do", method="POST", data={"csrf": token.partition('"')[0]})
    assert world.zones_logged_on() == set()


def test_hint_and_client_id_must_agree(world: World) -> None:
    """A hint that cannot be read adds nothing to the client id."""
    world.log_on("one")
    client_id = world.client("one").client_id
    contradicting = world.open(f"/logout.do?id_token_hint=two&client_id={client_id}")
    assert b"<form" in contradicting.data
    assert world.zones_logged_on() == {1}
    world.open(f"/logout.do?id_token_hint=unknown&client_id={client_id}")
    assert world.zones_logged_on() == set()


def test_a_hint_is_enough(world: World) -> None:
    world.log_on("one")
    address = f"/logout.do?id_token_hint=one&post_logout_redirect_uri={CALLBACK}&state=a%26b"
    response = world.open(address)
    assert response.headers["Location"] == f"{CALLBACK}?state=a%26b"
    assert world.zones_logged_on() == set()


def test_without_a_client_the_user_confirms(world: World) -> None:
    """I-102: any site can send a browser here."""
    world.log_on("one")
    world.log_on("two")
    for address in ("/logout.do", "/logout.do?client_id=unknown", "/logout.do?id_token_hint=x"):
        asked = world.open(address)
        assert asked.status_code == 200
        assert world.zones_logged_on() == {1, 2}
    forged = world.open("/logout.do", method="POST", data={"csrf": "x" * 66})
    assert b"<form" in forged.data
    assert world.zones_logged_on() == {1, 2}
    [_, token] = asked.get_data(as_text=True).split('name="csrf" value="')
    form = {"csrf": token.partition('"')[0]}
    foreign = world.open(
        "/logout.do", method="POST", data=form, headers={"Origin": "https://evil.test"}
    )
    assert b"<form" in foreign.data
    assert world.zones_logged_on() == {1, 2}
    done = world.open("/logout.do", method="POST", data=form)
    assert done.status_code == 200
    assert world.zones_logged_on() == set()
    assert len(done.headers.getlist("Set-Cookie")) == 4


def test_the_zone_s_list_and_home(world: World) -> None:
    """I-101."""
    change = ChangeZoneSettings(world.domain.transactions, world.domain.clock)
    change(OPERATOR, "1", {"logout_redirects": (BYE,), "home_redirect": "https://home.example.org"})
    client_id = world.client("one").client_id
    for asked, location in [
        (BYE, BYE),
        (CALLBACK, CALLBACK),
        ("https://evil.test/", "https://home.example.org"),
        ("/", "https://home.example.org"),
        (f"{SHARED}/login", "https://home.example.org"),
        ("", "https://home.example.org"),
    ]:
        response = world.open(f"/logout.do?client_id={client_id}&redirect={asked}")
        assert response.headers["Location"] == location, asked
    at_zone = world.open("/logout.do", "https://zone-1.uaa.example.org")
    assert at_zone.headers["Location"] == "https://home.example.org"
    assert world.open("/logout.do", "https://zone-2.uaa.example.org").status_code == 200
    other = world.client("two").client_id
    assert world.open(f"/logout.do?client_id={other}&redirect={BYE}").status_code == 200


def test_the_host_of_another_zone_is_refused(world: World) -> None:
    """D-31."""
    client_id = world.client("one").client_id
    response = world.open(f"/logout.do?client_id={client_id}", "https://zone-2.uaa.example.org")
    assert response.status_code == 404


def test_after_a_split_the_former_host_redirects(world: World) -> None:
    """D-53: the application router's ``url`` names it; the session is at the new host."""
    world.log_on("two")
    world.former = {"two": 1}
    client_id = world.client("two").client_id
    address = f"/logout.do?redirect={CALLBACK}&client_id={quote(client_id)}"
    moved = world.open(address, "https://zone-1.uaa.example.org")
    query = f"redirect={quote(CALLBACK, safe='')}&client_id={quote(client_id)}"
    location = f"https://zone-2.uaa.example.org/logout.do?{query}"
    assert (moved.status_code, moved.headers["Location"]) == (302, location)
    assert world.zones_logged_on() == {2}
    form = {"client_id": client_id}
    posted = world.open("/logout.do", "https://zone-1.uaa.example.org", "POST", data=form)
    assert (posted.status_code, posted.headers["Location"]) == (
        307,
        "https://zone-2.uaa.example.org/logout.do",
    )
    world.open(address, "https://zone-2.uaa.example.org")
    assert world.zones_logged_on() == set()


def test_after_a_split_a_hint_may_name_the_former_zone(world: World) -> None:
    """D-53: id tokens from before the split name its GUID."""
    world.log_on("two")
    world.hinted_zone = world.client("one").zone.guid
    asked = world.open("/logout.do?id_token_hint=two")
    assert b"<form" in asked.data
    world.former = {"two": 1}
    world.open("/logout.do?id_token_hint=two")
    assert world.zones_logged_on() == set()


@pytest.mark.parametrize("headers", [{}, {"Sec-Purpose": "prefetch"}])
def test_head_and_prefetch_end_nothing(world: World, headers: dict[str, str]) -> None:
    """D-42."""
    world.log_on("one")
    client_id = world.client("one").client_id
    method = "GET" if headers else "HEAD"
    response = world.open(f"/logout.do?client_id={client_id}", method=method, headers=headers)
    assert response.status_code == (503 if headers else 204)
    assert "Set-Cookie" not in response.headers
    assert world.zones_logged_on() == {1}


def test_the_provider_logs_the_user_out_and_sends_the_browser_on(world: World) -> None:
    """I-50: the session here ends first; the target travels sealed."""
    world.log_on("one", origin="corporate")
    world.provider_url = "https://idp.example.org/end"
    client_id = world.client("one").client_id
    address = f"/logout.do?client_id={client_id}&post_logout_redirect_uri={CALLBACK}&state=s"
    response = world.open(address)
    assert response.headers["Location"] == "https://idp.example.org/end"
    assert world.zones_logged_on() == set()
    [(origin, id_token, return_to, state)] = world.sent_to_provider
    assert (origin, id_token, return_to) == ("corporate", "provider's", f"{SHARED}/logout.do")
    back = world.open(f"/logout.do?state={state}")
    assert back.headers["Location"] == f"{CALLBACK}?state=s"
    # Other texts, another host, and later.
    changed = world.open(f"/logout.do?state={state[:-1]}{'A' if state[-1] != 'A' else 'B'}")
    at_zone = world.open(f"/logout.do?state={state}", "https://zone-1.uaa.example.org")
    world.domain.clock.advance(seconds=601)
    for response in (changed, at_zone, world.open(f"/logout.do?state={state}")):
        assert (response.status_code, response.headers.get("Location")) == (200, None)


@pytest.mark.parametrize("url", [None, Busy("unavailable")])
def test_without_a_logout_there_the_page_names_the_provider(
    world: World, url: Exception | None
) -> None:
    world.log_on("one", origin="corporate")
    world.provider_url = url
    with capture_logs() as logged:
        response = world.open(f"/logout.do?client_id={world.client('one').client_id}")
    # With the name that the login page shows.
    assert "Acme &amp; Söhne".encode() in response.data
    assert b"corporate" not in response.data
    assert world.zones_logged_on() == set()
    warnings = [each["origin"] for each in logged if each["log_level"] == "warning"]
    assert warnings == ([] if url is None else ["corporate"])


def test_an_unreadable_id_token_keeps_no_session(world: World) -> None:
    """I-101: the logout at the provider then goes without a hint."""
    world.log_on("one", origin="corporate")
    with world.domain.engine.begin() as connection:
        connection.execute(update(user_session).values(sealed_id_token=b"damaged"))
    world.provider_url = "https://idp.example.org/end"
    response = world.open(f"/logout.do?client_id={world.client('one').client_id}")
    assert response.headers["Location"] == "https://idp.example.org/end"
    assert world.sent_to_provider[0][:2] == ("corporate", None)
    assert world.zones_logged_on() == set()


@pytest.mark.parametrize(
    "query",
    [
        "client_id=a&client_id=b",
        "redirect=https://a.b&redirect=https://c.d",
        "state=%00",
        "redirect=https://a.b/%0d%0aX:1",
        f"state={'s' * 1025}&redirect=x",
        f"state={'s' * 8200}",
        "client_id=" + "a" * 9000,
    ],
)
def test_malformed_requests_are_refused(world: World, query: str) -> None:
    """I-60."""
    world.log_on("one")
    assert world.open(f"/logout.do?{query}").status_code == 400
    assert world.zones_logged_on() == {1}
    as_json = world.open(f"/logout.do?{query}", headers={"Accept": "application/json"})
    assert as_json.get_json()["error"] == "invalid_request"


def test_cookies_of_ended_sessions_are_deleted_too(world: World) -> None:
    world.http.set_cookie("__Host-xs-session-9", "x" * 50, domain="uaa.example.org", secure=True)
    world.http.set_cookie("__Host-xs-session-0", "y" * 300, domain="uaa.example.org", secure=True)
    response = world.open("/logout.do")
    deleted = response.headers.getlist("Set-Cookie")
    assert [each.split("=")[0] for each in deleted] == ["__Host-xs-session-9"] * 2
    assert ["Partitioned" in each for each in deleted] == [False, True]


def test_the_confirmation_repeats_the_target(world: World) -> None:
    world.log_on("one")
    asked = world.open(f"/logout.do?redirect={BYE}&state=<s>").get_data(as_text=True)
    assert f'name="post_logout_redirect_uri" value="{BYE}"' in asked
    assert 'name="state" value="&lt;s&gt;"' in asked
    assert "form-action 'self' https:" in str(world.open("/logout.do").headers)


def test_parameters_of_a_form_are_in_its_body(world: World) -> None:
    """OIDC RP-Initiated Logout section 2."""
    world.log_on("one")
    form = {"client_id": world.client("one").client_id, "redirect": CALLBACK}
    response = world.open("/logout.do?redirect=https://evil.test", method="POST", data=form)
    assert (response.status_code, response.headers["Location"]) == (303, CALLBACK)


def test_pages_of_other_origins_cannot_read_the_response(world: World) -> None:
    """O-117, I-102: their requests without credentials have nothing to end."""
    world.log_on("one")
    origin = {"Origin": "https://app.example.org"}
    client_id = quote(world.client("one").client_id)
    for method in ("OPTIONS", "GET"):
        response = world.open(f"/logout.do?client_id={client_id}", method=method, headers=origin)
        assert not [name for name, _ in response.headers if name.startswith("Access-Control")]
