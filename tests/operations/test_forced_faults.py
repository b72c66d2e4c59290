"""No log holds a secret if its creation, sealing or storage fails (D-26)."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from sqlalchemy import create_engine, inspect, text

from broker.ids import is_canonical_guid
from tests.support.application import fetch_token
from tests.support.databases import migrated_database
from tests.support.mutual_tls import fetch_with_certificate
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.secrets_in_logs import Minted
from tests.support.server import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from tests.support.application import Credentials

FAULTS = Path(__file__).parents[1] / "support" / "forced_faults"
SHORT = (
    "broker.credentials.binding_secret:BindingSecret.mint",
    "broker.store.sealing.sealed:Sealer.seal",
    "broker.tokens.signing:SigningKey.sign",
)
LONG = (
    "broker.credentials.instance_secret:InstanceSecret.mint",
    "broker.credentials.x509_managed:mint",
    "broker.credentials.digest:digest",
    "broker.credentials.digest:revocation_signature",
    "broker.pki.keys:private_key_pem",
    "broker.pki.keys:KeyMaker.key",
    "broker.store.sealing.sealed:Sealer.open",
    "broker.tokens.signing:SigningKey.has_signed",
)
SEAMS = (*SHORT, *LONG)
TYPES = credential_types("binding-secret", "instance-secret", "x509")
KINDS = ("binding-secret", "instance-secret", "x509")


@dataclass
class Breakable:
    """A server in which every seam can be made to fail, and the secrets it has issued."""

    server: Server
    file: Path
    minted: Minted

    def fail(self, seam: str) -> None:
        """Let this seam fail from now on; '' lets none fail."""
        self.file.write_text(seam)

    def lost(self) -> list[bytes]:
        """Return the values that failing seams processed and no client received."""
        seen = self.file.with_suffix(".seen")
        lines = seen.read_text().splitlines() if seen.exists() else []
        return [bytes.fromhex(line) for line in lines]

    def remember(self, content: bytes) -> None:
        """Remember a secret, or the secrets of a document, that no log may contain."""
        try:
            self.minted.remember(json.loads(content))
        except ValueError:
            value = content.decode("utf-8", "replace").strip()
            if is_canonical_guid(value):
                return  # a binding's, which audit events name
            encoded = base64.b64encode(content).decode()
            for form in (value, encoded, content.hex()):
                self.minted.remember({"clientsecret": form})


@pytest.fixture(scope="module")
def breakable(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Breakable]:
    directory = tmp_path_factory.mktemp(f"breakable-{database}")
    file = directory / "fault"
    file.write_text("")
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"breakable-{a_guid()}")
    settings = {
        "PYTHONPATH": f"{FAULTS}:{ROOT}",
        "FORCED_FAULT_FILE": str(file),
        "FORCED_FAULT_SEAMS": " ".join(SEAMS),
    }
    with Server(directory, database_url=url, workers=1, **settings) as server:
        yield Breakable(server, file, Minted())


def use(breakable: Breakable) -> list[int]:
    """Run every operation that creates, reads and uses secrets; return the statuses."""
    server, statuses = breakable.server, list[int]()
    platform = PlatformClient(server.url, server.user, server.password, may_fail=True)
    instance = a_guid()

    def note(response: requests.Response) -> requests.Response:
        statuses.append(response.status_code)
        breakable.minted.remember_answer(response.content)
        if response.status_code >= 500:
            assert "forced" not in response.text.lower()
            assert "Traceback" not in response.text
        return response

    note(platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)))
    for kind in KINDS:
        binding = a_guid()
        response = note(platform.bind(instance, binding, {"credential-type": kind}))
        note(platform.fetch_binding(instance, binding))
        if response.status_code == 201:
            statuses += use_credentials(breakable, response.json()["credentials"])
        note(platform.unbind(instance, binding))
    server.command("secrets", "rotate", instance, "--overlap", "1h", check=False)
    note(platform.deprovision(instance))
    return statuses


def use_credentials(breakable: Breakable, credentials: Credentials) -> list[int]:
    if "key" in credentials:
        return [fetch_with_certificate(credentials, breakable.server.ca_file).status]
    response = fetch_token(credentials)
    breakable.minted.remember_answer(response.content)
    pair = credentials["clientid"], credentials["clientsecret"]
    token = response.json().get("access_token", "")
    url = f"{breakable.server.url}/introspect"
    introspected = requests.post(url, data={"token": token or "x.y.z"}, auth=pair, timeout=30)
    return [response.status_code, introspected.status_code]


def assert_nothing_leaked(breakable: Breakable) -> None:
    for content in breakable.lost():
        breakable.remember(content)
    log = breakable.server.log_file
    assert list(breakable.minted.lines_with_secrets([log])) == []


@pytest.fixture(scope="module")
def known(breakable: Breakable) -> dict[str, Any]:
    """The statuses without a fault; every kind of credential exists afterwards."""
    statuses = use(breakable)
    assert set(statuses) <= {200, 201}
    assert len(breakable.minted) >= 8
    return {"statuses": statuses}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # independent of the database
@pytest.mark.parametrize("seam", [*SHORT, *(pytest.param(x, marks=pytest.mark.soak) for x in LONG)])
def test_a_failing_seam_reveals_no_secret(
    breakable: Breakable, known: dict[str, Any], seam: str
) -> None:
    breakable.fail(seam)
    try:
        statuses = use(breakable)
    finally:
        breakable.fail("")
    assert "ForcedFault" in breakable.server.log(), "it did fail"
    assert max(statuses) >= 500
    assert_nothing_leaked(breakable)
    check = breakable.server.command("doctor", "check").stdout
    assert check == "No inconsistencies found.\n"


def engine_of(server: Server) -> Engine:
    url = server.environment.get("XSUAA_DATABASE_URL", "")
    default = f"sqlite:///{server.directory / 'var' / 'xsuaa.db'}"
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:") or default)


@pytest.mark.parametrize(
    "database", [pytest.param("sqlite", marks=pytest.mark.soak), "postgresql"], indirect=True
)  # which quotes the row in its message
def test_a_failing_statement_reveals_no_secret(
    breakable: Breakable, known: dict[str, Any], database: str
) -> None:
    """Each table refuses writes with a database error that contains the whole row."""
    engine = engine_of(breakable.server)
    tables = ("service_instance", "service_binding", "credential", "client", "audit_event")
    assert set(tables) <= set(inspect(engine).get_table_names())
    if database == "postgresql":
        execute(
            engine,
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'refused row: %', NEW; END $$",
        )
    for table in tables:
        how = "EXECUTE FUNCTION refuse()"
        if database == "sqlite":
            how = "BEGIN SELECT RAISE(ABORT, 'refused row: '); END"
        execute(engine, f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW {how}")
        statuses = use(breakable)
        on = f" ON {table}" if database == "postgresql" else ""
        execute(engine, f"DROP TRIGGER refuse{on}")
        assert 503 in statuses, table
        assert 500 not in statuses, table
    engine.dispose()
    assert "refused row: " in breakable.server.log()
    assert_nothing_leaked(breakable)
    assert use(breakable) == known["statuses"]


def execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_client_id_does_anything_to_a_log_or_a_terminal(tmp_path: Path, log_format: str) -> None:
    """Escape sequences, line ends and similar characters in every place of a client id."""
    odd = [
        "\x1b[2J\x1b]0;owned\x07",
        "sb-x!t1\r\nX-Injected: yes",
        'sb-x!t1\n{"event": "audit", "action": "unbind"}',
        "sb-x\u2028!t1\u0085\u009b31m",
        "\x00\x08\x7f",
    ]
    with Server(tmp_path, workers=1, XSUAA_LOG_FORMAT=log_format) as server:
        for client_id in odd:
            encoded = base64.b64encode(f"{client_id}:secret".encode()).decode()
            form = {"grant_type": "client_credentials"}
            attempts = [
                requests.post(
                    f"{server.url}/oauth/token",
                    data=form | {"client_id": client_id, "client_secret": "secret"},
                    timeout=30,
                ),
                requests.post(
                    f"{server.url}/oauth/token",
                    data=form,
                    headers={"Authorization": f"Basic {encoded}"},
                    timeout=30,
                ),
                requests.post(
                    f"{server.url}/introspect",
                    data={"token": client_id},
                    headers={"Authorization": f"Basic {encoded}"},
                    timeout=30,
                ),
            ]
            for answer in attempts:
                assert answer.status_code == 401
                assert "X-Injected" not in answer.headers
            path = quote(client_id, safe="")
            revoked = requests.get(
                f"{server.url}/oauth/token/revoke/client/{path}",
                headers={"Authorization": f"Basic {encoded}"},
                timeout=30,
            )
            assert revoked.status_code in {400, 401, 404}
        server.stop()
        refusals = server.command("refusals", "list", "--wide").stdout
    for written in (server.log(), refusals):
        assert {char for char in written if not (char.isprintable() or char == "\n")} == set()
        assert not [line for line in written.splitlines() if line.startswith("X-Injected")]
    if log_format == "json":
        lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
        by_clients = [line for line in lines if line.get("actor", {}).get("kind") != "system"]
        assert "audit" not in {line["event"] for line in by_clients}
