"""Whatever breaks, wherever secrets are made, sealed, looked up or used: none gets out (D-26)."""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
from dataclasses import dataclass, field
from logging import StreamHandler
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, inspect, text
from werkzeug.test import Client

from broker.app import create_app, prepare_store
from broker.environment import load_settings
from broker.state import new_master_key
from broker.store.sealed import Sealer
from tests.support.platform import (
    APPLICATION,
    ORGANIZATION,
    SERVICE_ID,
    SPACE,
    a_descriptor,
    a_guid,
    credential_types,
)
from tests.support.secrets_in_logs import Minted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from werkzeug.test import TestResponse

PASSWORD = "broker-password-of-this-test"

SEAMS = (
    "broker.credentials.instance_secret:InstanceSecret.mint",
    "broker.credentials.binding_secret:BindingSecret.mint",
    "broker.credentials.x509_managed:private_key_pem",
    "broker.credentials.authenticate:digest",
    "broker.credentials.authenticate:lookup_of",
    "broker.instances.payload:Payloads.build",
    "broker.pki.keys:KeyMaker.key",
    "broker.store.credentials:digest",
    "broker.store.sealed:Sealer.seal",
    "broker.store.sealed:Sealer.open",
    "broker.tokens.signing:SigningKey.sign",
    "broker.tokens.signing:SigningKey.verify",
)


@dataclass
class Secrets:
    """Everything that must not get out."""

    minted: Minted = field(default_factory=Minted)
    words: set[str] = field(default_factory=set)

    def note(self, content: bytes) -> None:
        """Take what is about to be sealed."""
        try:
            written = content.decode()
        except UnicodeDecodeError:
            return  # a private key in DER
        self.minted.remember_answer(content)
        if not written.startswith("{"):
            self.words.add(written)

    def found_in(self, file: Path) -> list[str]:
        """Return where one of them stands."""
        lines = file.read_text().splitlines()
        plainly = [line for line in lines if any(word in line for word in self.words)]
        return [*self.minted.lines_with_secrets([file]), *plainly]


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> Secrets:
    """All that is sealed in this test, and what it is configured with."""
    known = Secrets(words={PASSWORD})
    seal = Sealer.seal

    def noting(self: Sealer, content: bytes, place: Any) -> bytes:
        known.note(content)
        return seal(self, content, place)

    monkeypatch.setattr(Sealer, "seal", noting)
    return known


@dataclass
class Flow:
    """A life of an instance, and all that was answered meanwhile."""

    client: Client
    log_file: Path
    answers: list[TestResponse] = field(default_factory=list)

    def osb(self, method: str, path: str, **body: Any) -> TestResponse:
        """Call as the platform."""
        ids = {"service_id": SERVICE_ID, "plan_id": APPLICATION}
        place = {"organization_guid": ORGANIZATION, "space_guid": SPACE}
        options: dict[str, Any] = (
            {"query_string": ids} if method == "DELETE" else {"json": {**ids, **place, **body}}
        )
        return self._note(
            self.client.open(
                f"/v2/service_instances/{path}",
                method=method,
                auth=("broker", PASSWORD),
                headers={"X-Broker-API-Version": "2.17"},
                **({} if method == "GET" else options),
            )
        )

    def token(self, credentials: dict[str, str], *, in_body: bool) -> TestResponse:
        """Ask for a token."""
        pair = credentials["clientid"], credentials["clientsecret"]
        form = {"grant_type": "client_credentials"}
        if in_body:
            form |= {"client_id": pair[0], "client_secret": pair[1]}
        auth = None if in_body else pair
        return self._note(self.client.post("/oauth/token", data=form, auth=auth))

    def begin(self) -> tuple[str, list[dict[str, str]], str]:
        """Return an instance, credentials with secrets, and a token."""
        instance = a_guid()
        types = credential_types("instance-secret", "binding-secret", "x509")
        self.osb("PUT", instance, parameters=a_descriptor(oauth2_configuration=types))
        credentials = [
            json.loads(self.bind(instance, type_).data)["credentials"]
            for type_ in ("instance-secret", "binding-secret")
        ]
        answer = self.token(credentials[0], in_body=False)
        assert all(each.status_code < 300 for each in self.answers)
        self.answers.clear()
        return instance, credentials, json.loads(answer.data)["access_token"]

    def bind(self, instance: str, type_: str) -> TestResponse:
        """Bind with one type of credential."""
        path = f"{instance}/service_bindings/{a_guid()}"
        return self.osb("PUT", path, bind_resource={}, parameters={"credential-type": type_})

    def everything(self, instance: str, credentials: list[dict[str, str]], token: str) -> None:
        """Do what a platform and applications do."""
        types = credential_types("instance-secret")
        other = a_guid()
        self.osb("PUT", other, parameters=a_descriptor(oauth2_configuration=types))
        self.bind(other, "instance-secret")
        for type_ in ("instance-secret", "binding-secret", "x509"):
            self.bind(instance, type_)
        for each in credentials:
            self.token(each, in_body=False)
            self.token(each, in_body=True)
        pair = credentials[0]["clientid"], credentials[0]["clientsecret"]
        self._note(self.client.post("/introspect", data={"token": token}, auth=pair))
        self._note(self.client.post("/oauth/revoke", data={"token": token}, auth=pair))
        self.osb("DELETE", other)

    def _note(self, answer: TestResponse) -> TestResponse:
        self.answers.append(answer)
        return answer


@pytest.fixture
def flow(
    migrated_url: str,
    secrets: Secrets,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Flow]:
    """A flow through the application with the most talkative log, which is in a file."""
    for name in list(os.environ):
        if name.startswith(("XSUAA_", "VCAP_", "CF_")):
            monkeypatch.delenv(name)
    keys = new_master_key()
    secrets.words.add(keys.partition(":")[2])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XSUAA_MODE", "production")
    monkeypatch.setenv("XSUAA_DATABASE_URL", migrated_url)
    monkeypatch.setenv("XSUAA_MASTER_KEYS", keys)
    monkeypatch.setenv("XSUAA_BROKER_PASSWORD", PASSWORD)
    monkeypatch.setenv("XSUAA_LOG_LEVEL", "debug")
    prepare_store(load_settings())
    flow = Flow(Client(create_app(load_settings())), tmp_path / "log")
    [handler] = [each for each in logging.getLogger().handlers if type(each) is StreamHandler]
    with flow.log_file.open("w") as log:
        handler.setStream(log)
        yield flow
        # Threads of the application may still say that their database is gone.
        handler.setStream(io.StringIO())


def break_seam(seam: str, secrets: Secrets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a function fail when it has done its work, with all of it in its variables."""
    module, _, name = seam.partition(":")
    *path, last = name.split(".")
    owner = importlib.import_module(module)
    for step in path:
        owner = getattr(owner, step)
    original: Callable[..., Any] = getattr(owner, last)

    def broken(*arguments: Any, **options: Any) -> Any:
        made = original(*arguments, **options)
        if isinstance(word := getattr(made, "text", None), str):
            secrets.words.add(word)
        raise RuntimeError(f"broken: {seam}")

    monkeypatch.setattr(owner, last, broken)


@pytest.mark.parametrize("seam", SEAMS)
def test_a_failure_where_secrets_are_handled_tells_none(
    seam: str,
    flow: Flow,
    secrets: Secrets,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun = flow.begin()
    break_seam(seam, secrets, monkeypatch)
    flow.everything(*begun)
    log = flow.log_file.read_text()
    # The seam was met, and its failure is in the log with all of its frames.
    assert f"broken: {seam}" in log
    assert '"frames"' in log
    nothing_got_out(log, flow, secrets, tmp_path)


def test_a_failing_table_tells_none(
    flow: Flow,
    secrets: Secrets,
    migrated_url: str,
    tmp_path: Path,
) -> None:
    """Drivers quote rows and parameters."""
    begun = flow.begin()
    engine = create_engine(migrated_url)
    failures = 0
    for table in inspect(engine).get_table_names():
        for breaking, mending in ways_to_break(engine, table):
            execute(engine, breaking)
            flow.everything(*begun)
            execute(engine, mending)
            failures += sum(answer.status_code >= 500 for answer in flow.answers)
            nothing_got_out("", flow, secrets, tmp_path)
            flow.answers.clear()
    engine.dispose()
    assert failures > 20
    log = flow.log_file.read_text()
    assert log.count('"frames"') > 20
    nothing_got_out(log, flow, secrets, tmp_path)


def ways_to_break(engine: Engine, table: str) -> Iterator[tuple[str, str]]:
    """Yield a statement that makes a table fail, and one that makes it work again."""
    gone = f"{table}_gone"
    yield f"ALTER TABLE {table} RENAME TO {gone}", f"ALTER TABLE {gone} RENAME TO {table}"
    if engine.dialect.name == "sqlite":
        trigger = f"BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
        yield f"CREATE TRIGGER failing {trigger}", "DROP TRIGGER failing"
    else:
        # The server answers with the whole row that it refuses.
        constraint = "ADD CONSTRAINT failing CHECK (false) NOT VALID"
        yield f"ALTER TABLE {table} {constraint}", f"ALTER TABLE {table} DROP CONSTRAINT failing"


def execute(engine: Engine, statement: str) -> None:
    """Change the schema."""
    with engine.begin() as connection:
        connection.execute(text(statement))


def nothing_got_out(log: str, flow: Flow, secrets: Secrets, directory: Path) -> None:
    """Search the log, and every answer that is an error."""
    file = directory / "searched"
    errors = [answer.get_data(as_text=True) for answer in flow.answers if answer.status_code >= 400]
    file.write_text("\n".join([log, *errors]))
    assert len(secrets.minted) > 0
    assert secrets.found_in(file) == []


def test_the_search_finds_what_it_looks_for(secrets: Secrets, tmp_path: Path) -> None:
    secrets.note(json.dumps({"clientsecret": "abcdefghijklmnopqrstuvwxyz12"}).encode())
    secrets.note(b"an-instance-secret-in-clear")
    for line in (PASSWORD, "x an-instance-secret-in-clear", "'abcdefghijklmnopqrstuvwxyz12'"):
        (tmp_path / "log").write_text(f"{line}\n")
        assert secrets.found_in(tmp_path / "log")
