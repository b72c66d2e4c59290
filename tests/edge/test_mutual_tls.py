"""The token endpoint for clients with certificates (RFC 8705), on the server's TLS listener."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
import ssl
import subprocess
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.support.application import claims_of, token_claims
from tests.support.databases import migrated_database
from tests.support.mutual_tls import TokenResponse, ask, connect, fetch_with_certificate
from tests.support.pki import Holder, a_client, an_authority
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from http.client import HTTPSConnection
    from pathlib import Path

    from tests.support.application import Credentials

BAD_CREDENTIALS = {"error": "invalid_client", "error_description": "Bad credentials"}
UNKNOWN_AUTHORITY = (ssl.SSLError, ConnectionResetError, BrokenPipeError)


@pytest.fixture(scope="module")
def authority() -> Holder:
    """A CA of users that the operator trusts."""
    return an_authority("Corporate CA")


@pytest.fixture(scope="module")
def server(
    database: str,
    authority: Holder,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A server of two workers that trusts the authority."""
    directory = tmp_path_factory.mktemp(f"mtls-{database}")
    (directory / "trusted.pem").write_text(authority.pem)
    url = ""
    if database == "postgresql":
        url = migrated_database(request.getfixturevalue("postgres"), f"mtls_{a_guid()[:8]}")
    trusted = str(directory / "trusted.pem")
    with Server(
        directory, database_url=url, XSUAA_TRUSTED_CA_FILE=trusted, XSUAA_FAILURE_LIMIT="0"
    ) as running:
        yield running


@pytest.fixture
def instance(platform: PlatformClient) -> str:
    """An instance that issues certificates, and secrets when asked."""
    instance_id = a_guid()
    types = credential_types("x509", "binding-secret")
    descriptor = a_descriptor(authorities=["$XSAPPNAME.Display"], oauth2_configuration=types)
    assert platform.provision(instance_id, descriptor).status_code == 201
    return instance_id


def bind(platform: PlatformClient, instance: str, **parameters: Any) -> Credentials:
    response = platform.bind(instance, a_guid(), parameters)
    assert response.status_code == 201, response.text
    bound: Credentials = response.json()["credentials"]
    return bound


def bring(
    platform: PlatformClient, instance: str, holder: Holder, **parameters: Any
) -> Credentials:
    credentials = bind(platform, instance, x509={"certificate": holder.chain, **parameters})
    return holder.credentials(credentials)


def assert_refused(answer: TokenResponse) -> None:
    assert (answer.status, answer.body) == (401, BAD_CREDENTIALS)
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="UAA/client"')


def leaf_of(credentials: Credentials) -> x509.Certificate:
    return x509.load_pem_x509_certificate(credentials["certificate"].encode())


def test_a_token_is_bound_to_the_certificate(
    platform: PlatformClient, instance: str, server: Server
) -> None:
    """A14, RFC 8705 sections 2.1 and 3.1: the client id alone is enough, and no secret exists."""
    credentials = bind(platform, instance)
    answer = fetch_with_certificate(credentials, server.ca_file)
    assert answer.status == 200
    claims = token_claims(answer.token)
    der = leaf_of(credentials).public_bytes(Encoding.DER)
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
    assert claims["cnf"] == {"x5t#S256": thumbprint}
    assert claims["cid"] == credentials["clientid"]
    assert claims["scope"] == [f"{credentials['xsappname']}.Display", "uaa.resource"]


def test_tokens_by_secret_are_bound_to_nothing(
    platform: PlatformClient, instance: str, server: Server
) -> None:
    secret = bind(platform, instance, **{"credential-type": "binding-secret"})
    response = requests.post(
        f"{server.tls_url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(secret["clientid"], secret["clientsecret"]),
        verify=str(server.ca_file),
        timeout=30,
    )
    assert "cnf" not in claims_of(response)


def test_metadata_contains_the_renewal_time(platform: PlatformClient, instance: str) -> None:
    """OSB-BIND-12: the same on bind, on its repetition and on fetch."""
    binding = a_guid()
    bound = platform.bind(instance, binding, {"x509": {"validity": 3}})
    metadata = bound.json()["metadata"]
    expires, renew = (
        datetime.strptime(metadata[name], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        for name in ("expires_at", "renew_before")
    )
    leaf = leaf_of(bound.json()["credentials"])
    assert expires == leaf.not_valid_after_utc
    assert timedelta(hours=23) < expires - renew < timedelta(hours=25)
    assert platform.bind(instance, binding, {"x509": {"validity": 3}}).json() == bound.json()
    assert platform.fetch_binding(instance, binding).json()["metadata"] == metadata
    secret = platform.bind(instance, a_guid(), {"credential-type": "binding-secret"})
    assert "metadata" not in secret.json()


def test_discovery_names_the_endpoints_for_certificates(server: Server) -> None:
    """A22, RFC 8705 section 5."""
    document = requests.get(f"{server.url}/.well-known/openid-configuration", timeout=30).json()
    assert document["mtls_endpoint_aliases"] == {
        "token_endpoint": f"{server.tls_url}/oauth/token",
        "introspection_endpoint": f"{server.tls_url}/introspect",
        "revocation_endpoint": f"{server.tls_url}/oauth/revoke",
    }
    assert "tls_client_auth" in document["token_endpoint_auth_methods_supported"]
    assert document["tls_client_certificate_bound_access_tokens"] is True


def test_every_invalid_certificate_gets_the_same_response(
    platform: PlatformClient, instance: str, server: Server, authority: Holder
) -> None:
    """D-17: missing, expired, not yet valid, unbound, of another client, or no client id."""
    other_instance = a_guid()
    platform.provision(other_instance, a_descriptor(oauth2_configuration=credential_types("x509")))
    own, other = bind(platform, instance), bind(platform, other_instance)
    now = datetime.now(UTC)
    future = bring(platform, instance, a_client(authority, not_before=now + timedelta(days=1)))
    expired = a_client(authority, not_before=now - timedelta(days=31)).credentials(own)
    unbound = a_client(authority).credentials(own)
    huge = a_client(authority, hosts=[f"host-{n}.example" for n in range(2000)]).credentials(own)
    answers = [
        fetch_with_certificate(other, server.ca_file, own["clientid"]),
        fetch_with_certificate(
            {**other, "certurl": own["certurl"]}, server.ca_file, "sb-nobody!t1"
        ),
        *(
            fetch_with_certificate(each, server.ca_file)
            for each in (future, expired, unbound, huge)
        ),
    ]
    with closing(connect(own, server.ca_file, with_certificate=False)) as connection:
        answers.append(ask(connection, own["clientid"]))
    with closing(connect(own, server.ca_file)) as connection:
        answers += [ask(connection, None), ask(connection, "")]
        assert ask(connection, own["clientid"]).status == 200
    for answer in answers:
        assert_refused(answer)
    varying = {"Date", "X-Correlation-ID"}
    headers = [{k: v for k, v in answer.headers.items() if k not in varying} for answer in answers]
    assert all(each == headers[0] for each in headers)


def test_only_an_untrusted_authority_ends_the_handshake(
    platform: PlatformClient, instance: str, server: Server
) -> None:
    """D-34; a CA with the name of the managed CA is not trusted."""
    own = bind(platform, instance)
    issuer = leaf_of(own).issuer
    common_name = str(issuer.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    for stranger in (an_authority("Stranger"), an_authority(common_name)):
        intruder = a_client(stranger, leaf_of(own).subject).credentials(own)
        with pytest.raises(UNKNOWN_AUTHORITY):
            fetch_with_certificate(intruder, server.ca_file)
    assert fetch_with_certificate(own, server.ca_file).status == 200


def test_a_certificate_for_other_uses_or_with_a_weak_key_ends_the_handshake(
    platform: PlatformClient, instance: str, server: Server, authority: Holder
) -> None:
    """D-34; such certificates cannot be bound either (test_self_managed_certificates)."""
    own = bind(platform, instance)
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - the point of the test
    for useless in (
        a_client(authority, purposes=[ExtendedKeyUsageOID.SERVER_AUTH]),
        a_client(authority, key=weak),
    ):
        with (
            closing(connect(useless.credentials(own), server.ca_file)) as connection,
            pytest.raises(UNKNOWN_AUTHORITY),
        ):
            ask(connection, own["clientid"])
    assert_refused(fetch_with_certificate(a_client(authority).credentials(own), server.ca_file))


def test_unbinding_ends_a_certificate_at_once_also_on_an_open_connection(
    platform: PlatformClient, instance: str, server: Server
) -> None:
    """A24, D-03: on every worker; another certificate of the client stays valid."""
    binding = a_guid()
    gone = platform.bind(instance, binding).json()["credentials"]
    kept = bind(platform, instance)
    with ExitStack() as stack:
        connections: list[HTTPSConnection] = [
            stack.enter_context(closing(connect(gone, server.ca_file))) for _ in range(8)
        ]
        for connection in connections:
            assert ask(connection, gone["clientid"]).status == 200
        socks = [connection.sock for connection in connections]
        assert platform.unbind(instance, binding).status_code == 200
        for connection in connections:
            assert_refused(ask(connection, gone["clientid"]))
        assert [connection.sock for connection in connections] == socks, "still the same ones"
    for _ in range(4):
        assert_refused(fetch_with_certificate(gone, server.ca_file))
    assert fetch_with_certificate(kept, server.ca_file).status == 200


def test_delisting_the_type_ends_certificates_and_listing_it_brings_them_back(
    platform: PlatformClient, server: Server
) -> None:
    """H-28, D-02."""
    instance = a_guid()
    both = a_descriptor(oauth2_configuration=credential_types("x509", "binding-secret"))
    platform.provision(instance, both)
    own = bind(platform, instance)
    with closing(connect(own, server.ca_file)) as connection:
        assert ask(connection, own["clientid"]).status == 200
        platform.update(
            instance, both | {"oauth2-configuration": credential_types("binding-secret")}
        )
        assert_refused(ask(connection, own["clientid"]))
        platform.update(instance, both)
        assert ask(connection, own["clientid"]).status == 200


def test_a_secret_beside_a_certificate_must_be_right_too(
    platform: PlatformClient, instance: str, server: Server
) -> None:
    """H-29: every presented credential is verified."""
    own = bind(platform, instance)
    secret = bind(platform, instance, **{"credential-type": "binding-secret"})["clientsecret"]
    client = own["clientid"]
    pair = base64.b64encode(f"{client}:{secret}".encode()).decode()
    wrong = base64.b64encode(f"{client}:{secret[:-5]}aaaa=".encode()).decode()
    with closing(connect(own, server.ca_file)) as connection:
        assert ask(connection, client, client_secret=secret).status == 200
        assert ask(connection, None, {"Authorization": f"Basic {pair}"}).status == 200
        assert_refused(ask(connection, client, client_secret="wrong"))
        assert_refused(ask(connection, client, {"Authorization": f"Basic {wrong}"}))
        assert_refused(ask(connection, "sb-other!t1", {"Authorization": f"Basic {pair}"}))


def test_the_plain_listener_knows_no_certificates(
    platform: PlatformClient, instance: str, server: Server
) -> None:
    """H-30, D-33: nor does it accept one in a header."""
    own = bind(platform, instance)
    pem = quote(own["certificate"])
    der = base64.b64encode(leaf_of(own).public_bytes(Encoding.DER)).decode()
    form = {"grant_type": "client_credentials", "client_id": own["clientid"]}
    for name in ("X-Forwarded-Client-Cert", "X_Forwarded_Client_Cert", "SSL-Client-Cert"):
        for value in (der, pem, f'Hash=x;Cert="{pem}"'):
            for url, verify in ((server.url, None), (server.tls_url, str(server.ca_file))):
                refused = requests.post(
                    f"{url}/oauth/token",
                    data=form,
                    headers={name: value},
                    verify=verify,
                    timeout=30,
                )
                assert (refused.status_code, refused.json()) == (401, BAD_CREDENTIALS)


def test_garbage_and_slow_handshakes_delay_no_other_client(
    platform: PlatformClient, instance: str, server: Server
) -> None:
    """There are more of them than the server has threads."""
    own = bind(platform, instance)
    hello = _client_hello()
    with ExitStack() as stack:
        for number in range(240):
            slow = stack.enter_context(
                closing(socket.create_connection(("127.0.0.1", server.tls_port), timeout=30))
            )
            slow.sendall(
                (hello[: 20 + number], b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16")[number % 4]
            )
        for _ in range(4):
            assert fetch_with_certificate(own, server.ca_file).status == 200
    assert fetch_with_certificate(own, server.ca_file).status == 200


def _client_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return outgoing.read()


def test_an_invalid_request_gets_a_json_response(server: Server) -> None:
    """An address that is too long, and a header that is none."""
    context = ssl.create_default_context(cafile=str(server.ca_file))
    for request, status in (
        (b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nno header\r\n\r\n", 400),
    ):
        with (
            socket.create_connection(("localhost", server.tls_port), timeout=30) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as connection,
        ):
            connection.sendall(request)
            head, _, body = _everything_from(connection).partition(b"\r\n\r\n")
        assert head.startswith(f"HTTP/1.1 {status} ".encode())
        assert b"Content-Type: application/json" in head
        assert set(json.loads(body)) == {"error", "error_description", "description"}
    longer = requests.get(f"{server.tls_url}/{'x' * 6000}", verify=str(server.ca_file), timeout=30)
    assert (longer.status_code, longer.json()["error"]) == (404, "not_found")


def _everything_from(connection: ssl.SSLSocket) -> bytes:
    received = b""
    while more := connection.recv(65536):
        received += more
    return received


def test_a_refusal_that_left_the_body_unread_closes_the_connection(server: Server) -> None:
    """The next request would be read as the rest of the body."""
    for path, status in (("/v2/catalog", 401), ("/nowhere", 404)):
        refused = requests.post(
            f"{server.tls_url}{path}", data=b"x" * 10, verify=str(server.ca_file), timeout=30
        )
        assert refused.status_code == status
        assert refused.headers["Connection"] == "close"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_curl_as_in_the_tutorial(
    platform: PlatformClient, instance: str, server: Server, tmp_path: Path
) -> None:
    own = bind(platform, instance)
    (tmp_path / "cert.pem").write_text(own["certificate"])
    (tmp_path / "key.pem").write_text(own["key"])
    command = ["curl", "-sS", "--cert", "cert.pem", "--key", "key.pem"]
    command += ["--cacert", str(server.ca_file), "-X", "POST", f"{own['certurl']}/oauth/token"]
    command += ["-d", "grant_type=client_credentials", "-d", f"client_id={own['clientid']}"]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    assert json.loads(ended.stdout)["token_type"] == "bearer"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl")
def test_openssl_accepts_the_chain(
    platform: PlatformClient, instance: str, server: Server, tmp_path: Path
) -> None:
    own = bind(platform, instance)
    leaf, above = own["certificate"].split("-----END CERTIFICATE-----\n", 1)
    (tmp_path / "leaf.pem").write_text(f"{leaf}-----END CERTIFICATE-----\n")
    (tmp_path / "above.pem").write_text(above)
    exported = server.command("pki", "export", "--roots").stdout
    (tmp_path / "root.pem").write_text(exported)
    command = ["openssl", "verify", "-x509_strict", "-purpose", "sslclient"]
    command += ["-CAfile", "root.pem", "-untrusted", "above.pem", "leaf.pem"]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (0, "leaf.pem: OK\n"), ended.stderr
    key = load_pem_private_key(own["key"].encode(), None)
    assert key.public_key() == leaf_of(own).public_key()
