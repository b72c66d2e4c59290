"""Certificates, trusted CAs and log files are replaced while the server runs."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import ssl
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.operations.processes import await_that, needs_proc, processes_of
from tests.support.mutual_tls import ask, connect, fetch_with_certificate
from tests.support.pki import Holder, a_client, an_authority, client_context
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.application import Credentials

METRICS_TOKEN = "metrics-token-of-this-test"
ROOT = an_authority("Server CA")
FORMER, STAYING = an_authority("Former CA"), an_authority("Staying CA")
ISSUING = an_authority("Issuing CA")
TYPES = credential_types("x509", "binding-secret")

pytestmark = needs_proc


def a_server_certificate(**options: Any) -> Holder:
    return a_client(
        ROOT,
        "localhost",
        hosts=["localhost"],
        purposes=[ExtendedKeyUsageOID.SERVER_AUTH],
        **options,
    )


FIRST = a_server_certificate()


def replace(file: Path, text: str) -> None:
    """Replace the file by renaming, as tools that renew certificates do."""
    draft = file.with_suffix(".new")
    draft.write_text(text)
    draft.replace(file)


class Operated:
    """A server with the operator's files, among them a directory as Kubernetes mounts it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.secret = directory / "secret"
        self.secret.mkdir()
        self._revision = 0
        self.swap(FIRST)
        for name in ("tls.crt", "tls.key"):
            (self.secret / name).symlink_to(f"..data/{name}")
        self.trusted = directory / "trusted.pem"
        self.trusted.write_text(FORMER.pem + STAYING.pem)
        self.issuing = directory / "issuing.pem"
        self.issuing.write_text(ISSUING.pem + ISSUING.key_pem)
        self.ca_file = directory / "root.pem"
        self.ca_file.write_text(ROOT.pem)
        self.server = Server(
            directory,
            workers=1,
            XSUAA_TLS_CERTIFICATE_FILE=str(self.secret / "tls.crt"),
            XSUAA_TLS_KEY_FILE=str(self.secret / "tls.key"),
            XSUAA_TRUSTED_CA_FILE=str(self.trusted),
            XSUAA_CA_CERTIFICATE_FILE=str(self.issuing),
            XSUAA_CA_KEY_FILE=str(self.issuing),
            XSUAA_METRICS_TOKEN=METRICS_TOKEN,
        )

    def swap(self, holder: Holder, key: Holder | None = None) -> None:
        """Replace certificate and key as Kubernetes does: one symbolic link for both."""
        self._revision += 1
        folder = self.secret / f"..revision-{self._revision}"
        folder.mkdir()
        (folder / "tls.crt").write_text(holder.pem)
        (folder / "tls.key").write_text((key or holder).key_pem)
        draft = self.secret / "..data_tmp"
        draft.symlink_to(folder.name)
        draft.replace(self.secret / "..data")

    def served(self) -> bytes:
        """Return the certificate that a new connection is shown, verified."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        address = ("localhost", self.server.tls_port)
        with (
            socket.create_connection(address, timeout=30) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            return connection.getpeercert(binary_form=True) or b""

    def metric(self, name: str) -> float:
        """Return one sample of the plain listener."""
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        text = requests.get(f"{self.server.url}/metrics", headers=headers, timeout=30).text
        found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
        assert found, name
        return float(found.group(1))

    def log_of(self, event: str) -> list[dict[str, Any]]:
        """Return the lines of an event."""
        lines = [json.loads(line) for line in self.server.log().splitlines() if line[:1] == "{"]
        return [line for line in lines if event in line["event"]]

    def hang_up(self) -> dict[str, Any]:
        """Send SIGHUP; return the line that says what was reloaded."""
        before = len(self.log_of("SIGHUP"))
        os.kill(self.server.pid, signal.SIGHUP)
        await_that(lambda: len(self.log_of("SIGHUP")) > before, "the line about SIGHUP")
        return self.log_of("SIGHUP")[-1]


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    """A running server; each test leaves a usable certificate and both CAs."""
    own = Operated(tmp_path_factory.mktemp("server-certificates"))
    with own.server:
        yield own


@pytest.fixture(scope="module")
def platform(operated: Operated) -> PlatformClient:
    """The platform."""
    return PlatformClient(operated.server.url, operated.server.user, operated.server.password)


def bound(platform: PlatformClient, holder: Holder) -> Credentials:
    instance = a_guid()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
    x509 = {"certificate": holder.chain, "certificate-pinning": False}
    response = platform.bind(instance, a_guid(), {"credential-type": "x509", "x509": x509})
    credentials: Credentials = holder.credentials(response.json()["credentials"])
    return credentials


def is_accepted(operated: Operated, credentials: Credentials) -> bool:
    try:
        return fetch_with_certificate(credentials, operated.ca_file).status == 200
    except (ssl.SSLError, ConnectionError):
        return False


def test_a_renewed_certificate_is_served_without_a_signal(operated: Operated) -> None:
    renewed = a_server_certificate(days=20)
    operated.swap(renewed)
    await_that(lambda: operated.served() == renewed.der, "the renewed certificate")
    expiry = operated.metric("xsuaa_server_certificate_not_after_timestamp_seconds")
    assert expiry == renewed.certificate.not_valid_after_utc.timestamp()


def test_a_renewed_certificate_is_served_at_the_first_connection_after_sighup(
    operated: Operated,
) -> None:
    for _ in range(3):
        renewed = a_server_certificate()
        operated.swap(renewed)
        line = operated.hang_up()
        assert line["tls_certificate"] in {"renewed", "unchanged"}  # followed already
        assert line["trusted_ca"] == "unchanged"
        assert operated.served() == renewed.der


def test_a_broken_pair_keeps_the_previous_one_and_is_logged_once(operated: Operated) -> None:
    good = a_server_certificate()
    operated.swap(good)
    operated.hang_up()
    other = a_server_certificate()
    refusals = "tls_certificate cannot be used; the previous"
    before = len(operated.log_of(refusals))
    certificate = operated.secret / "..data" / "tls.crt"
    key = operated.secret / "..data" / "tls.key"

    def check(how: str) -> None:
        nonlocal before
        assert operated.hang_up()["tls_certificate"] == "refused", how
        for _ in range(3):
            assert operated.served() == good.der, how
        assert len(operated.log_of(refusals)) == before + 1, how
        before += 1
        assert operated.metric('xsuaa_files_refused{files="tls_certificate"}') == 1

    operated.swap(other, key=good)
    check("the key does not match")
    replace(certificate, other.pem[:-30])
    check("truncated")
    replace(certificate, "")
    check("empty")
    replace(certificate, other.pem)
    replace(key, other.key_pem[:-40])
    check("a truncated key")
    key.unlink()
    key.mkdir()
    check("unreadable")
    # New workers have what the former ones had.
    replace(operated.issuing, ISSUING.pem)
    assert operated.hang_up()["issuing_ca"] == "refused"
    killed = [each for each in processes_of(operated.server) if each.pid != operated.server.pid]
    workers = [each for each in killed if each.parent != operated.server.pid]
    for worker in workers:
        worker.kill()
    await_that(operated.server.is_up, "new workers")
    await_that(lambda: served_or_none(operated) == good.der, "the previous one by new workers")
    replace(operated.issuing, ISSUING.pem + ISSUING.key_pem)
    operated.swap(other)
    await_that(lambda: operated.served() == other.der, "the usable certificate")
    assert operated.metric('xsuaa_files_refused{files="tls_certificate"}') == 0


def served_or_none(operated: Operated) -> bytes | None:
    try:
        return operated.served()
    except OSError:
        return None


def test_a_broken_bundle_keeps_the_previous_cas(
    operated: Operated, platform: PlatformClient
) -> None:
    credentials = bound(platform, a_client(STAYING, "stays"))
    broken = {
        "empty": "",
        "truncated": FORMER.pem + STAYING.pem[:-40],
        "cut at a mark": FORMER.pem + "-----BEGIN CERTIFI",
        "garbage": "garbage",
    }
    for how, content in broken.items():
        replace(operated.trusted, content)
        assert operated.hang_up()["trusted_ca"] == "refused", how
        assert is_accepted(operated, credentials), how
    assert operated.metric('xsuaa_files_refused{files="trusted_ca"}') == 1
    replace(operated.trusted, FORMER.pem + STAYING.pem)
    assert operated.hang_up()["trusted_ca"] != "refused"


def test_a_removed_ca_is_not_trusted_again(operated: Operated, platform: PlatformClient) -> None:
    removed = bound(platform, a_client(FORMER, "removed"))
    stays = bound(platform, a_client(STAYING, "stays"))
    assert is_accepted(operated, removed)
    with closing(connect(removed, operated.ca_file)) as kept_alive:
        assert ask(kept_alive, removed["clientid"]).status == 200
        replace(operated.trusted, STAYING.pem)
        operated.hang_up()
        assert ask(kept_alive, removed["clientid"]).status == 401
    assert not is_accepted(operated, removed)
    for content in ("", FORMER.pem[:-40], STAYING.pem + FORMER.pem[:300]):
        replace(operated.trusted, content)
        assert operated.hang_up()["trusted_ca"] == "refused"
        assert not is_accepted(operated, removed)
        assert is_accepted(operated, stays)
    replace(operated.trusted, FORMER.pem + STAYING.pem)
    operated.hang_up()
    assert is_accepted(operated, removed)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_is_resumed_after_its_ca_was_removed(
    operated: Operated, platform: PlatformClient, version: ssl.TLSVersion, tmp_path: Path
) -> None:
    removed = bound(platform, a_client(FORMER, "resumes"))
    context = client_context(operated.ca_file, removed["certificate"], removed["key"], tmp_path)
    context.maximum_version = version

    def request(session: ssl.SSLSession | None) -> tuple[int, bool, ssl.SSLSession | None]:
        connection = Resuming(operated.server.tls_port, context, session)
        with closing(connection):
            status = ask(connection, removed["clientid"]).status
            assert isinstance(connection.sock, ssl.SSLSocket)
            return status, bool(connection.sock.session_reused), connection.sock.session

    status, _, session = request(None)
    assert status == 200
    assert request(session)[:2] == (200, True)
    replace(operated.trusted, STAYING.pem)
    operated.hang_up()
    with pytest.raises((ssl.SSLError, ConnectionError)):
        request(session)
    replace(operated.trusted, FORMER.pem + STAYING.pem)
    operated.hang_up()
    # The handshake is complete again: the former session stays unknown.
    assert request(session)[:2] == (200, False)


class Resuming(HTTPSConnection):
    """Resumes a TLS session."""

    def __init__(self, port: int, context: ssl.SSLContext, session: ssl.SSLSession | None) -> None:
        super().__init__("localhost", port, timeout=30, context=context)
        self._tls, self._session = context, session

    def connect(self) -> None:
        """Connect with the session."""
        plain = socket.create_connection((self.host, self.port), timeout=30)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host, session=self._session)


def test_sighup_reopens_the_log_file_in_every_process(operated: Operated) -> None:
    server = operated.server
    rotated = server.log_file.with_suffix(".1")
    server.log_file.rename(rotated)
    try:
        os.kill(server.pid, signal.SIGHUP)
        await_that(server.log_file.exists, "a new log file")
        await_that(lambda: holders_of(server, rotated) == 0, "no process with the old file")
        assert holders_of(server, server.log_file) == len(processes_of(server))
        for url in (server.url, server.tls_url):
            mark = f"/{a_guid()}"
            requests.get(f"{url}{mark}", verify=str(operated.ca_file), timeout=30)
            await_that(partial(is_logged, server, mark), "the request in the new file")
        assert operated.log_of("SIGHUP")[-1]["log_file"] == "reopened"
    finally:
        # Nothing that was logged gets lost.
        server.log_file.write_text(rotated.read_text() + server.log_file.read_text())


def is_logged(server: Server, text: str) -> bool:
    return text in server.log()


def holders_of(server: Server, file: Path) -> int:
    """Return how many processes of the server have this file as stdout."""
    return sum(
        os.path.samestat(Path(f"/proc/{each.pid}/fd/1").stat(), file.stat())
        for each in processes_of(server)
    )


def test_sighup_ends_no_process(operated: Operated) -> None:
    before = processes_of(operated.server)
    for each in before:
        os.kill(each.pid, signal.SIGHUP)
    operated.hang_up()
    time.sleep(0.5)
    assert operated.served()
    assert processes_of(operated.server) == before


def test_the_alert_on_the_expiry_has_its_metric(operated: Operated) -> None:
    soon = a_server_certificate(
        not_before=datetime.now(UTC) - timedelta(days=29, hours=23), days=30
    )
    operated.swap(soon)
    operated.hang_up()
    expiry = operated.metric("xsuaa_server_certificate_not_after_timestamp_seconds")
    assert 0 < expiry - time.time() < 7 * 86_400
    operated.swap(FIRST)
    operated.hang_up()
