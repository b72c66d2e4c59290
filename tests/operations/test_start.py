"""Start: a server that cannot run reports why in one line; a restart keeps its state."""

from __future__ import annotations

import json
import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
import requests

from broker import __version__
from broker.runtime.state_directory import new_master_key
from tests.operations.load import new_key
from tests.operations.processes import (
    await_that,
    family_of,
    is_port_free,
    needs_proc,
    processes_of,
    starting,
)
from tests.support.application import fetch_token, token_status
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import Server, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PrivatePostgres

PASSWORD = "broker-password-of-this-test"
NEVER_SHOWN = "never-shown"

_ARENA = 64 * 2**20


@pytest.fixture
def permissive_umask() -> Iterator[None]:
    """The server sets private permissions regardless of the umask."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("variable", ["PORT", "XSUAA_TLS_PORT"])
def test_a_busy_port_is_named(tmp_path: Path, variable: str) -> None:
    server = Server(tmp_path)
    server.command("db", "upgrade")
    port = int(server.environment[variable])
    with socket.create_server(("127.0.0.1", port)):
        [line] = refusal(server)
    assert line.startswith(f"Error: {variable}: {port} is in use")
    assert all(map(is_port_free, (server.port, server.tls_port)))


def test_production_names_every_missing_secret(tmp_path: Path) -> None:
    lines = refusal(Server(tmp_path, XSUAA_MODE="production"))
    named = {line.split(": ")[1] for line in lines}
    assert named == {"XSUAA_BROKER_PASSWORD", "XSUAA_MASTER_KEYS"}
    assert not (tmp_path / "var" / "master-keys").exists()


def test_every_malformed_setting_is_named_and_no_value_shown(tmp_path: Path) -> None:
    malformed = {
        "PORT": NEVER_SHOWN,
        "XSUAA_TLS_PORT": "65536",
        "XSUAA_WORKERS": NEVER_SHOWN,
        "XSUAA_PUBLIC_URL": f"ftp://{NEVER_SHOWN}",
        "XSUAA_DOMAIN": f"https://{NEVER_SHOWN}",
        "XSUAA_MASTER_KEYS": f"{NEVER_SHOWN}=",
        "XSUAA_BROKER_USER": f"{NEVER_SHOWN}:",
        "XSUAA_DEFAULT_CREDENTIAL_TYPES": NEVER_SHOWN,
        "XSUAA_LOG_LEVEL": NEVER_SHOWN,
    }
    server = Server(tmp_path)
    server.environment |= malformed
    lines = refusal(server)
    named = {line.removeprefix("Error: ").split(":")[0].split("[")[0] for line in lines}
    assert named == set(malformed)
    assert NEVER_SHOWN not in "\n".join(lines)


def test_malformed_settings_and_missing_secrets_are_named_together(tmp_path: Path) -> None:
    lines = refusal(Server(tmp_path, XSUAA_MODE="production", XSUAA_WORKERS=NEVER_SHOWN))
    named = {line.removeprefix("Error: ").split(":")[0] for line in lines}
    assert named == {"XSUAA_WORKERS", "XSUAA_BROKER_PASSWORD", "XSUAA_MASTER_KEYS"}


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://user:{NEVER_SHOWN}@127.0.0.1/database",
        pytest.param(f"postgresql://user:{NEVER_SHOWN}@127.0.0.1:port/database"),
        pytest.param(f"postgresql://user@127.0.0.1:{NEVER_SHOWN}/database"),
        f"postgresql://user:{NEVER_SHOWN}@127.0.0.1:1/database",
        f"sqlite:////nowhere/{NEVER_SHOWN}/xsuaa.db",
        NEVER_SHOWN,
    ],
    ids=["dialect", "port", "password-for-port", "no-listener", "no-folder", "no-url"],
)
def test_a_database_that_cannot_be_used_is_refused(tmp_path: Path, url: str) -> None:
    lines = refusal(Server(tmp_path, database_url=url))
    assert lines
    assert NEVER_SHOWN not in "\n".join(lines)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        pytest.param(
            {"XSUAA_TLS_CERTIFICATE_FILE": "absent.pem", "XSUAA_TLS_KEY_FILE": "absent.pem"},
            "XSUAA_TLS_CERTIFICATE_FILE",
            id="certificate",
        ),
        pytest.param(
            {"XSUAA_HOST": "nowhere.invalid"},
            "XSUAA_HOST",
            id="host-name",
        ),
        pytest.param({"XSUAA_HOST": "192.0.2.1"}, "192.0.2.1", id="foreign-address"),
        pytest.param({"VCAP_SERVICES": "{"}, "VCAP_SERVICES", id="vcap-services"),
        pytest.param({"XSUAA_STATE_DIR": "taken"}, "XSUAA_STATE_DIR", id="state-dir"),
    ],
)
def test_unusable_settings_are_named(tmp_path: Path, settings: dict[str, str], named: str) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    server = Server(tmp_path)
    server.command("db", "upgrade")
    server.environment |= settings
    [line] = refusal(server)
    assert named in line


def test_one_port_for_both_listeners_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.command("db", "upgrade")
    server.environment["XSUAA_TLS_PORT"] = str(server.port)
    [line] = refusal(server)
    assert "XSUAA_TLS_PORT" in line


def test_a_schema_that_is_not_current_names_the_command(tmp_path: Path) -> None:
    [line] = refusal(Server(tmp_path))
    assert line.startswith("Error: ")
    assert "python -m broker db upgrade" in line


def test_another_master_key_is_refused(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        pass
    key_id, _ = (tmp_path / "var" / "master-keys").read_text().split(":")
    _, _, another = new_master_key().partition(":")
    for keys, expected in (
        (
            f"{key_id}:{another}",
            f"key {key_id} differs from the key that this database",
        ),
        (f"another:{another}", f"key {key_id} is missing but still used by the database"),
    ):
        server.environment["XSUAA_MASTER_KEYS"] = keys
        [line] = refusal(server)
        assert line.startswith("Error: XSUAA_MASTER_KEYS: ")
        assert expected in line
        assert another not in line


def test_the_state_is_for_its_owner_only(tmp_path: Path, permissive_umask: None) -> None:
    with Server(tmp_path) as server:
        new_key(server)
        state = tmp_path / "var"
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in state.rglob("*")}
        assert {"broker-password", "master-keys", "ca.pem", "xsuaa.db", "xsuaa.db-wal"} <= set(
            modes
        )
        assert {name: oct(mode) for name, mode in modes.items() if mode != 0o600} == {}
        assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_a_second_start_keeps_everything(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        before = new_key(server)
        files = kept_files(tmp_path)
        keys = requests.get(f"{server.url}/token_keys", timeout=30).json()
        assert server.stop() == 0
        lines = [json.loads(line) for line in server.log().splitlines() if line.startswith("{")]
        [started] = [line for line in lines if line["event"] == "server started"]
        assert (started["version"], started["mode"], started["workers"]) == (__version__, "dev", 2)
        assert started["listening"][0] == f"127.0.0.1 port {server.port}"
        assert (started["public_url"], started["database"]) == (server.url, "SQLite")
        assert (lines[-1]["event"], lines[-1]["reason"]) == ("server stopped", "SIGTERM")
        server.command("db", "upgrade")
        server.start()
        assert kept_files(tmp_path) == files
        assert requests.get(f"{server.url}/token_keys", timeout=30).json() == keys
        assert token_status(before) == 200
        after = new_key(server)
        assert token_status(after) == 200


def test_two_hosts_that_start_together_create_one_set_of_keys(
    tmp_path: Path, postgres: PrivatePostgres
) -> None:
    url = postgres.create_database(f"together-{a_guid()}")
    shared = {"XSUAA_BROKER_PASSWORD": PASSWORD, "XSUAA_MASTER_KEYS": new_master_key()}
    hosts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        host = Server(tmp_path / name, database_url=url)
        host.environment |= shared
        hosts.append(host)
    hosts[0].command("db", "upgrade")
    with ExitStack() as stack, ThreadPoolExecutor(len(hosts)) as pool:
        for host in hosts:
            stack.callback(host.stop)
        list(pool.map(Server.start, hosts))
        one, two = hosts
        platform = PlatformClient(one.url, one.user, PASSWORD)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor()).status_code == 201
        key = platform.bind(instance, a_guid()).json()["credentials"]
        for host in hosts:
            assert token_status(key | {"url": host.url}) == 200
        sets = [requests.get(f"{host.url}/token_keys", timeout=30).json() for host in (one, two)]
        assert sets[0] == sets[1]
        assert len(sets[0]["keys"]) == 1
    with psycopg.connect(url) as connection:
        purposes = connection.execute("SELECT purpose FROM data_key").fetchall()
        assert len(purposes) == len(set(purposes)) > 1
        assert connection.execute("SELECT count(*) FROM signing_key").fetchone() == (1,)


@needs_proc
def test_tls_port_0_starts_no_tls_listener(tmp_path: Path) -> None:
    with Server(tmp_path, XSUAA_TLS_PORT="0") as server:
        family = family_of(server)
        assert family.tls is None
        assert len(processes_of(server)) == 1 + 1 + len(family.http_workers)
        assert is_port_free(server.tls_port)
        assert token_status(new_key(server)) == 200


@needs_proc
def test_workers_are_pinned_to_their_share_of_the_cpus_on_request(tmp_path: Path) -> None:
    usable = os.sched_getaffinity(0)
    workers = min(2, len(usable))
    server = Server(tmp_path, workers=workers)

    def shares() -> list[set[int]]:
        family = family_of(server)
        return [set(os.sched_getaffinity(worker.pid)) for worker in sorted(family.http_workers)]

    def are_apart() -> bool:
        found = shares()
        return (
            len(found) == workers
            and sum(map(len, found)) == len(usable)
            and set().union(*found) == usable
        )

    with server:
        assert shares() == [usable] * workers
    server.environment["XSUAA_CPU_AFFINITY"] = "true"
    with server:
        await_that(are_apart, "a share for each")
        victim = min(family_of(server).http_workers)
        victim.kill()
        await_that(lambda: victim not in family_of(server).http_workers, "a worker's end")
        await_that(are_apart, "the share left behind for its successor")


@needs_proc
@pytest.mark.parametrize(("given", "further"), [("1", 0), ("2", 1)])
def test_threads_of_a_worker_share_the_arenas_of_the_environment(
    tmp_path: Path, given: str, further: int
) -> None:
    """Every deployment file allows one glibc arena (decision 0030)."""
    server = Server(tmp_path, workers=1)
    server.environment["MALLOC_ARENA_MAX"] = given
    with server:
        platform = PlatformClient(server.url, server.user, server.password)
        with ThreadPoolExecutor(16) as clients:
            list(clients.map(lambda _: platform.provision(a_guid(), a_descriptor()), range(32)))
        family = family_of(server)
        arenas = [further_arenas(each.pid) for each in family.http_workers | family.tls_workers]
    assert max(arenas) == further


@needs_proc
def test_settings_of_the_http_servers_have_no_effect(tmp_path: Path) -> None:
    """The variables of gunicorn do not configure this server."""
    elsewhere = free_port()
    foreign = {
        "GUNICORN_CMD_ARGS": f"--workers=7 --bind=127.0.0.1:{elsewhere}",
        "WEB_CONCURRENCY": "7",
    }
    server = Server(tmp_path)
    server.environment |= foreign
    with server:
        await_that(lambda: len(family_of(server).tls_workers) == 2, "both workers of TLS")
        assert len(family_of(server).http_workers) == 2
        assert is_port_free(elsewhere)
        assert not is_port_free(server.port)
        assert not is_port_free(server.tls_port)


@needs_proc
def test_no_secret_is_in_an_argument_or_a_log(tmp_path: Path, postgres: PrivatePostgres) -> None:
    url = postgres.create_database(f"arguments-{a_guid()}")
    master_keys = new_master_key()
    server = Server(
        tmp_path,
        database_url=url,
        XSUAA_MODE="production",
        XSUAA_BROKER_PASSWORD=PASSWORD,
        XSUAA_MASTER_KEYS=master_keys,
        XSUAA_LOG_LEVEL="debug",
    )
    server.run_by = ("env",)  # forks have their parent's arguments
    with server:
        key = new_key(server, PASSWORD)
        token = fetch_token(key).json()["access_token"]
        assert fetch_token(key | {"clientsecret": NEVER_SHOWN}).status_code == 401
        arguments = [process.arguments for process in processes_of(server)]
    assert len(arguments) > 4
    secrets = {
        "broker password": PASSWORD,
        "master key": master_keys.partition(":")[2],
        "database password": psycopg.conninfo.conninfo_to_dict(url)["password"],
        "client secret": key["clientsecret"],
        "presented secret": NEVER_SHOWN,
        "token": token,
    }
    for what, secret in secrets.items():
        assert not any(str(secret) in part for line in arguments for part in line), what
        assert str(secret) not in server.log(), what


def refusal(server: Server) -> list[str]:
    """Return the output of ``serve`` that refuses to start: whole lines, no traceback."""
    with starting(server) as process:
        output, errors = process.communicate(timeout=20)
    assert "Traceback" not in output + errors, errors
    assert process.returncode == 1
    # The very first start has created keys and logged it.
    assert {json.loads(line)["event"] for line in output.splitlines()} <= {"audit"}
    return errors.splitlines()


def further_arenas(pid: int) -> int:
    """Count glibc's arenas beside the main one: 64 MB each, of which the used part is writable."""
    maps = [line.split() for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    spans = [tuple(int(end, 16) for end in each[0].split("-")) for each in maps]
    # The used part may consist of several mappings: one may be inherited by a fork.
    return sum(
        used[1] == "rw-p" and rest[1] == "---p" and middle == begin and end % _ARENA == 0
        for (used, (_, middle)), (rest, (begin, end)) in pairwise(zip(maps, spans, strict=True))
    )


def kept_files(directory: Path) -> dict[str, bytes]:
    """Return the files that a second start must not change."""
    names = ("broker-password", "master-keys", "ca.pem", "ca-with-key.pem", "server-with-key.pem")
    return {name: (directory / "var" / name).read_bytes() for name in names}
