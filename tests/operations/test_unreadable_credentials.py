"""An unreadable row fails only its own requests, in the same way as a wrong secret."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest
import requests
from sqlalchemy import (
    DateTime,
    LargeBinary,
    Text,
    cast,
    create_engine,
    literal,
    literal_column,
    select,
    update,
)

from broker.store.tables.core import client, credential, service_binding
from tests.operations.load import open_connection, status_of, token_call
from tests.support.application import fetch_token
from tests.support.databases import migrated_database
from tests.support.mutual_tls import fetch_with_certificate
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine, Table

    from tests.operations.load import Call
    from tests.support.application import Credentials

THREADS = 8
ROUNDS = 10

Change = tuple["Table", Mapping[str, Any]]
"""A change to a key's row in a table."""

NEWER_LIST: Final[Change] = client, {"credential_types": "binding-secret,passkey"}
"""Credential types as a newer version may write them, with one unknown to this version."""

NEWER_TYPE: Final[Change] = credential, {"type": "passkey"}
NEWER_BINDING: Final[Change] = service_binding, {"credential_type": "passkey"}

NO_TYPES: Final[Change] = client, {"credential_types": ""}
HALF_A_DIGEST: Final[Change] = credential, {"digest": bytes(16)}
BYTES_FOR_TYPES: Final[Change] = client, {"credential_types": b"\xff"}
BYTES_FOR_GRANT_TYPES: Final[Change] = client, {"grant_types": b"\xff"}

DAMAGE: Final[Mapping[str, Mapping[str, Change]]] = {
    "sqlite": {
        "no types": NO_TYPES,
        "half a digest": HALF_A_DIGEST,
        "bytes for types": BYTES_FOR_TYPES,
        "bytes for grant types": BYTES_FOR_GRANT_TYPES,
    },
    # PostgreSQL enforces the types of its columns.
    "postgresql": {"no types": NO_TYPES, "half a digest": HALF_A_DIGEST},
}
"""Damages of a row, by kind of database."""

UNDECODABLE: Final[Change] = (
    client,
    {"credential_types": cast(literal(b"\xff", LargeBinary), Text)},
)
LATE_DAMAGE: Final[Mapping[str, Change]] = {
    "text for a digest": (credential, {"digest": literal_column("'x'")}),
    "bytes for authorities": (client, {"authorities": b"\xff"}),
    "text for a validity": (client, {"token_validity": literal_column("'x'")}),
}
"""On SQLite: a row with one of these can be read but not used."""

UNREADABLE_TIME: Final = {"sqlite": "'x'", "postgresql": "'infinity'"}


@dataclass(frozen=True)
class Key:
    """A service key with its own secret or certificate."""

    instance_id: str
    binding_id: str
    credentials: Credentials


@dataclass(frozen=True)
class Site:
    """A server of one worker, so that requests are batched, and its database."""

    server: Server
    platform: PlatformClient
    engine: Engine

    def new_key(self, instance_id: str = "", type_: str = "binding-secret") -> Key:
        """Create a key, in a new instance if none is named."""
        binding_id = a_guid()
        if not instance_id:
            instance_id = a_guid()
            parameters = a_descriptor(oauth2_configuration=credential_types(type_))
            assert self.platform.provision(instance_id, parameters).status_code == 201
        bound = self.platform.bind(instance_id, binding_id)
        assert bound.status_code == 201
        credentials: Credentials = bound.json()["credentials"] | {"url": self.server.url}
        return Key(instance_id, binding_id, credentials)

    @contextmanager
    def changed(self, key: Key, *changes: Change) -> Iterator[Key]:
        """Change the key's rows while the context lasts."""
        with ExitStack() as stack:
            for table, values in changes:
                stack.callback(self._write, key, table, self._values(key, table, values))
                self._write(key, table, values)
            yield key

    def _values(self, key: Key, table: Table, names: Mapping[str, Any]) -> dict[str, Any]:
        columns = [table.c[name] for name in names]
        with self.engine.connect() as connection:
            found = connection.execute(select(*columns).where(table.c.id == self._id(key, table)))
            return dict(found.mappings().one())

    def _write(self, key: Key, table: Table, values: Mapping[str, Any]) -> None:
        row_id = self._id(key, table)
        with self.engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == row_id).values(**values))

    def _id(self, key: Key, table: Table) -> int:
        column = {
            credential: credential.c.id,
            client: credential.c.client_row_id,
            service_binding: credential.c.binding_row_id,
        }[table]
        query = select(column).join(
            service_binding, service_binding.c.id == credential.c.binding_row_id
        )
        with self.engine.connect() as connection:
            row_id: int = connection.execute(
                query.where(service_binding.c.binding_id == key.binding_id)
            ).scalar_one()
        return row_id


@pytest.fixture(scope="module")
def site(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    directory, url = tmp_path_factory.mktemp(f"unreadable-{database}"), ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"unreadable-{a_guid()}")
    own = f"sqlite:///{directory / 'var' / 'xsuaa.db'}"
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:") or own)
    with Server(directory, database_url=url, workers=1) as server:
        yield Site(server, PlatformClient(server.url, server.user, server.password), engine)
        engine.dispose()


def statuses_under_load(site: Site, calls: Mapping[str, Call]) -> dict[str, set[int]]:
    """Send all calls many times, mixed, from several threads; return the statuses of each."""
    names, statuses = list(calls), {name: set[int]() for name in calls}

    def send(thread: int) -> None:
        with closing(open_connection(site.server, "http")) as connection:
            for number in range(ROUNDS * len(names)):
                # Each thread begins with another call.
                name = names[(number + thread) % len(names)]
                call = calls[name]
                connection.request(call.method, call.path, call.body, call.headers)
                response = connection.getresponse()
                response.read()
                statuses[name].add(response.status)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(send, range(THREADS)))
    return statuses


def refusal(credentials: Credentials) -> tuple[int, Any, str]:
    """Return everything that a client learns about a refusal."""
    response = fetch_token(credentials)
    return response.status_code, response.json(), response.headers["WWW-Authenticate"]


def test_no_unreadable_row_fails_another_request(site: Site, database: str) -> None:
    with ExitStack() as stack:

        def key_with(*changes: Change) -> Key:
            return stack.enter_context(site.changed(site.new_key(), *changes))

        accepted = {
            "healthy": key_with(),
            "healthy as well": key_with(),
            "newer type beside ours": key_with(NEWER_LIST),
        }
        refused = {
            "newer type": key_with(NEWER_TYPE, NEWER_LIST),
            **{name: key_with(change) for name, change in DAMAGE[database].items()},
        }
        calls = {name: token_call(key.credentials) for name, key in (accepted | refused).items()}
        assert statuses_under_load(site, calls) == {
            **{name: {200} for name in accepted},
            **{name: {401} for name in refused},
        }
    log = site.server.log()
    assert "credential unreadable" in log
    assert "unexpected error" not in log


def test_an_unreadable_credential_is_refused_as_a_wrong_secret(site: Site) -> None:
    """D-17: the response reveals nothing about stored data."""
    credentials = site.new_key().credentials
    wrong = {**credentials, "clientsecret": "wrong"}
    expected = refusal(wrong)
    assert expected[0] == 401
    with site.changed(site.new_key(), NEWER_TYPE) as unreadable:
        assert refusal(unreadable.credentials) == expected
        assert refusal({**unreadable.credentials, "clientsecret": "wrong"}) == expected
    # Nothing of the row was cached.
    assert fetch_token(unreadable.credentials).status_code == 200


def test_a_token_of_a_credential_that_became_unreadable_is_not_active(site: Site) -> None:
    """Tokens of the client's other credentials remain active."""
    kept = site.new_key()
    changing = site.new_key(kept.instance_id)
    tokens = {
        key.binding_id: fetch_token(key.credentials).json()["access_token"]
        for key in (kept, changing)
    }

    def introspect(key: Key) -> dict[str, Any]:
        response = requests.post(
            f"{site.server.url}/introspect",
            data={"token": tokens[key.binding_id]},
            auth=(kept.credentials["clientid"], kept.credentials["clientsecret"]),
            timeout=30,
        )
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    assert introspect(changing)["active"] is True
    with site.changed(changing, NEWER_TYPE):
        assert introspect(changing) == {"active": False}
        assert introspect(kept)["active"] is True


def test_commands_work_while_there_are_unreadable_rows(site: Site, database: str) -> None:
    with ExitStack() as stack:
        newer = site.new_key()
        stack.enter_context(site.changed(newer, NEWER_LIST, NEWER_TYPE, NEWER_BINDING))
        for name, change in DAMAGE[database].items():
            if name != "bytes for types":
                stack.enter_context(site.changed(site.new_key(), change))
        shown = {
            "credentials list": newer.binding_id,
            "credentials report": newer.instance_id,
            "instances list": newer.instance_id,
        }
        for command, text in shown.items():
            printed = site.server.command(*command.split(), "--wide").stdout
            [line] = [line for line in printed.splitlines() if text in line and "passkey" in line]
            assert newer.credentials["xsappname"] in line
        # Inconsistencies also set the exit status.
        check = site.server.command("doctor", "check", "--json", check=False)
        assert (check.returncode, check.stderr.count("Traceback")) == (1, 0)
        problems = [each["problem"] for each in json.loads(check.stdout)]
        assert [problem for problem in problems if "(passkey)" in problem]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL refuses such text
def test_text_that_cannot_be_decoded_fails_no_other_request(site: Site) -> None:
    healthy = site.new_key()
    with site.changed(site.new_key(), UNDECODABLE) as damaged:
        calls = {"healthy": healthy, "damaged": damaged}
        assert statuses_under_load(
            site, {name: token_call(key.credentials) for name, key in calls.items()}
        ) == {"healthy": {200}, "damaged": {401}}


def test_no_unreadable_certificate_fails_another_request(site: Site, database: str) -> None:
    call, server = token_call(site.new_key().credentials), site.server
    unreadable = literal_column(UNREADABLE_TIME[database], DateTime())
    key = site.new_key(type_="x509")
    with (
        site.changed(key, (credential, {"not_after": unreadable})),
        ThreadPoolExecutor(THREADS) as pool,
    ):
        healthy, damaged = [], []
        for _ in range(THREADS * ROUNDS):
            healthy.append(pool.submit(status_of, server, "tls", call))
            damaged.append(pool.submit(fetch_with_certificate, key.credentials, server.ca_file))
        assert {each.result() for each in healthy} == {200}
        assert {each.result().status for each in damaged} == {401}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("damage", LATE_DAMAGE)
def test_a_credential_that_cannot_be_used_is_refused(site: Site, damage: str) -> None:
    with site.changed(site.new_key(), LATE_DAMAGE[damage]) as damaged:
        assert fetch_token(damaged.credentials).status_code == 401


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("command", ["credentials report", "instances list"])
def test_commands_pass_over_a_client_that_cannot_be_read(site: Site, command: str) -> None:
    healthy = site.new_key()
    with site.changed(site.new_key(), BYTES_FOR_TYPES):
        assert healthy.instance_id in site.server.command(*command.split(), "--wide").stdout


def test_the_report_includes_credentials_of_a_newer_type(site: Site) -> None:
    """Otherwise it would report the type as unused."""
    newer = site.new_key()
    with site.changed(newer, NEWER_LIST, NEWER_TYPE, NEWER_BINDING):
        arguments = "credentials", "report", "--instance", newer.instance_id, "--json"
        [instance] = json.loads(site.server.command(*arguments).stdout)["instances"]
        assert instance["removal"]["passkey"]["would_break"] == [newer.binding_id]
