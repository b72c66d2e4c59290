"""From instance secret to renewed certificate, while an application keeps fetching tokens."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

import pytest

from tests.operations.processes import await_that
from tests.support.application import token_status
from tests.support.databases import migrated_database
from tests.support.mutual_tls import fetch_with_certificate
from tests.support.pki import Holder, a_client, an_authority
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from tests.support.application import Credentials
    from tests.support.platform import JsonObject

AUTHORITY = an_authority("Corporate CA")


@pytest.fixture(scope="module")
def server(
    database: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server of two workers that trusts a corporate authority."""
    directory = tmp_path_factory.mktemp(f"rotation-{database}")
    (directory / "trusted.pem").write_text(AUTHORITY.pem)
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"rotation_{a_guid()[:8]}")
    trusted = str(directory / "trusted.pem")
    with Server(directory, database_url=url, XSUAA_TRUSTED_CA_FILE=trusted) as running:
        yield running


def status_of(server: Server, credentials: Credentials) -> int:
    if credentials["credential-type"] == "x509":
        return fetch_with_certificate(credentials, server.ca_file).status
    return token_status(credentials)


class Application(threading.Thread):
    """Fetches one token after the other, with the credentials of its last restart."""

    def __init__(self, server: Server, credentials: Credentials) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._credentials = credentials
        self._stopping = threading.Event()
        self.fetched = 0
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        self.await_tokens()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """Fetch tokens until stopped."""
        while not self._stopping.is_set():
            credentials = self._credentials
            try:
                status = status_of(self._server, credentials)
            except OSError as error:
                self.failures.append(f"{credentials['credential-type']}: {error!r}")
            else:
                if status == 200:
                    self.fetched += 1
                else:
                    self.failures.append(f"{credentials['credential-type']}: {status}")

    def restart_with(self, credentials: Credentials) -> None:
        """Switch to other credentials and wait until the old ones are no longer in use."""
        self._credentials = credentials
        self.await_tokens()

    def await_tokens(self) -> None:
        """Wait until a few more tokens have been fetched."""
        target = self.fetched + 3
        await_that(lambda: self.fetched >= target or self.failures, "more tokens")


def test_from_instance_secret_to_a_renewed_certificate(
    server: Server, platform: PlatformClient
) -> None:
    """Each step as an operator does it; the old credential ends only when it is unused."""
    instance, keys = a_guid(), [a_guid() for _ in range(4)]
    descriptor = a_descriptor(oauth2_configuration=credential_types("instance-secret"))
    platform.provision(instance, descriptor)

    def key(number: int, type_: str | None = None, **members: str) -> Credentials:
        parameters = {"credential-type": type_} if type_ else None
        bound = platform.bind(instance, keys[number], parameters, **members)
        assert bound.status_code == 201, bound.text
        credentials: Credentials = bound.json()["credentials"]
        return credentials

    def list_types(*types: str) -> None:
        changed: JsonObject = {**descriptor, "oauth2-configuration": credential_types(*types)}
        assert platform.update(instance, changed).status_code == 200

    used = [key(0)]
    with Application(server, used[0]) as application:
        list_types("binding-secret", "x509", "instance-secret")
        used.append(key(1, "binding-secret"))
        application.restart_with(used[1])
        list_types("binding-secret", "x509")
        used.append(key(2, "x509"))
        application.restart_with(used[2])
        platform.unbind(instance, keys[1])
        used.append(key(3, predecessor_binding_id=keys[2]))
        application.restart_with(used[3])
        platform.unbind(instance, keys[2])
        list_types("x509")
        application.await_tokens()
    assert application.failures == []
    assert [each["credential-type"] for each in used] == [
        *("instance-secret", "binding-secret", "x509", "x509")
    ]
    assert [status_of(server, each) for each in used] == [401, 401, 401, 200]


def test_a_certificate_of_one_s_own_renewed_in_place(
    server: Server, platform: PlatformClient
) -> None:
    """A12: no broker call at all; the old certificate ends with the first use of the new one."""
    instance = a_guid()
    platform.provision(instance, a_descriptor(oauth2_configuration=credential_types("x509")))
    now = datetime.now(UTC)
    generations = [a_client(AUTHORITY, not_before=now - timedelta(days=age)) for age in (20, 10, 1)]
    parameters = {"certificate": generations[0].pem, "certificate-pinning": False}
    bound = platform.bind(instance, a_guid(), {"x509": parameters}).json()["credentials"]

    def with_(holder: Holder) -> Credentials:
        return holder.credentials(bound)

    with Application(server, with_(generations[0])) as application:
        for renewed in generations[1:]:
            application.restart_with(with_(renewed))
    assert application.failures == []
    statuses = [status_of(server, with_(each)) for each in generations]
    assert statuses == [401, 401, 200]


def test_the_authority_is_rotated_under_way(server: Server, platform: PlatformClient) -> None:
    """Certificates of both generations are accepted."""
    instance = a_guid()
    platform.provision(instance, a_descriptor(oauth2_configuration=credential_types("x509")))

    def key() -> Credentials:
        bound: Credentials = platform.bind(instance, a_guid()).json()["credentials"]
        return bound

    before = key()
    with Application(server, before) as application:
        rotated = server.command("pki", "rotate").stdout
        assert rotated.startswith("Managed certificates are now issued by CN=Client CA")
        after = key()
        application.await_tokens()
        application.restart_with(after)
    assert application.failures == []
    assert issuer_of(before) != issuer_of(after)
    assert status_of(server, before) == 200
    shown = json.loads(server.command("pki", "show", "--json").stdout)
    states = [each["state"] for each in shown]
    assert "retired, still trusted" in states
    assert states.count("issues") == 1
    exported = server.command("pki", "export").stdout
    for credentials in (before, after):
        assert issuer_of(credentials) in exported


def issuer_of(credentials: Credentials) -> str:
    end = "-----END CERTIFICATE-----\n"
    return credentials["certificate"].split(end)[1] + end


def test_expiry_is_visible(server: Server, platform: PlatformClient) -> None:
    """``credentials list`` and the log show it without revealing the credentials."""
    instance, soon, later = a_guid(), a_guid(), a_guid()
    types = credential_types("x509", "binding-secret")
    platform.provision(instance, a_descriptor(oauth2_configuration=types))
    platform.bind(instance, soon, {"x509": {"validity": 2}})
    platform.bind(instance, later, {"x509": {"validity": 20}})
    secret = platform.bind(instance, a_guid(), {"credential-type": "binding-secret"})
    listed = server.command("credentials", "list", "--expiring", "7d", "--wide").stdout
    assert soon in listed
    assert later not in listed
    assert "x509 (managed)" in listed
    everything = server.command("credentials", "list", "--wide").stdout
    for binding in (soon, later):
        assert binding in everything
    assert secret.json()["credentials"]["clientsecret"] not in everything
    wrong = server.command("credentials", "list", "--expiring", "soon", check=False)
    assert wrong.returncode == 2
    assert "use, for example, 30m, 12h, 7d" in wrong.stderr
    server.stop()
    server.start()

    def warnings() -> list[str]:
        return [line for line in server.log().splitlines() if "expires soon" in line]

    await_that(lambda: any(soon in line for line in warnings()), "the warning")
    [line] = [line for line in warnings() if soon in line]
    assert '"level":"warning"' in line
    assert not any(later in line for line in warnings())
