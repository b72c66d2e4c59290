"""Client certificates that a proxy forwards, and forged headers (D-33)."""

from __future__ import annotations

import base64
import json
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.application import token_claims
from tests.support.mutual_tls import ask, connect, fetch_with_certificate
from tests.support.nginx import Nginx, NginxMissingError, nginx_program
from tests.support.pki import Holder, a_client, an_authority
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.application import Credentials

HEADER = "X-Forwarded-Client-Cert"
PROXY, STRANGER = "127.0.0.2", "127.0.0.3"
BAD_CREDENTIALS = {"error": "invalid_client", "error_description": "Bad credentials"}

Headers = list[tuple[str, str]]


def bound_on(server: Server, *, instance: str | None = None, **parameters: Any) -> Credentials:
    platform = PlatformClient(server.url, server.user, server.password)
    instance = instance or a_guid()
    descriptor = a_descriptor(oauth2_configuration=credential_types("x509", "binding-secret"))
    platform.provision(instance, descriptor)
    response = platform.bind(instance, a_guid(), parameters)
    assert response.status_code == 201, response.text
    bound: Credentials = response.json()["credentials"]
    return bound


def request_token(
    port: int, client_id: str, headers: Headers, source: str = PROXY, **form: str
) -> tuple[int, dict[str, Any]]:
    """Ask for a token with exactly these headers, in this order, from this address."""
    body = urlencode({"grant_type": "client_credentials", "client_id": client_id, **form})
    connection = HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    with closing(connection):
        connection.putrequest("POST", "/oauth/token")
        own = [("Content-Type", "application/x-www-form-urlencoded")]
        for name, value in [*own, ("Content-Length", str(len(body))), *headers]:
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def der_of(credentials: Credentials) -> bytes:
    certificate = x509.load_pem_x509_certificate(credentials["certificate"].encode())
    return certificate.public_bytes(Encoding.DER)


def gorouter(credentials: Credentials) -> str:
    return base64.b64encode(der_of(credentials)).decode()


def nginx(credentials: Credentials) -> str:
    leaf = credentials["certificate"].split("-----END CERTIFICATE-----\n")[0]
    return quote(f"{leaf}-----END CERTIFICATE-----\n", safe="")


def envoy(credentials: Credentials, *, more: str = "") -> str:
    subject = r'Subject="CN=a,O=\"quoted; Cert=x\""'
    return f'By=spiffe://x;Hash=abc;{subject};Cert="{nginx(credentials)}"{more}'


WRITERS = {"gorouter": gorouter, "nginx": nginx, "envoy": envoy}


@pytest.fixture(scope="module", params=WRITERS)
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, str]]:
    """A server that trusts a proxy at another address, for each format."""
    written: str = request.param
    directory = tmp_path_factory.mktemp(f"proxied-{written}")
    with Server(
        directory,
        workers=1,
        XSUAA_FAILURE_LIMIT="0",
        XSUAA_FORWARDED_CERTIFICATE=written,
        XSUAA_TRUSTED_PROXIES=f"{PROXY}/32,fd00::/8",
    ) as server:
        yield server, written


def test_a_forwarded_certificate_is_accepted(proxied: tuple[Server, str]) -> None:
    server, written = proxied
    own = bound_on(server)
    value = WRITERS[written](own)
    status, body = request_token(server.port, own["clientid"], [(HEADER, value)])
    assert status == 200, body
    assert set(token_claims(body["access_token"])["cnf"]) == {"x5t#S256"}
    other = bound_on(server)
    status, body = request_token(server.port, other["clientid"], [(HEADER, value)])
    assert (status, body) == (401, BAD_CREDENTIALS)


def test_forged_headers_are_refused_or_ignored(proxied: tuple[Server, str]) -> None:
    """The matrix: dash and underscore in every order, repeated, foreign formats, garbage."""
    server, written = proxied
    own, other = bound_on(server), bound_on(server)
    right, foreign = WRITERS[written](own), WRITERS[written](other)
    underscore = HEADER.replace("-", "_")
    both: dict[str, Headers] = {
        "underscore alone": [(underscore, right)],
        "foreign with dashes, right with underscores": [(HEADER, foreign), (underscore, right)],
        "right with underscores, foreign with dashes": [(underscore, right), (HEADER, foreign)],
        "twice": [(HEADER, right), (HEADER, right)],
        "twice, the foreign one first": [(HEADER, foreign), (HEADER, right)],
        "twice in one": [(HEADER, f"{right},{right}")],
        "twice in one, with a blank": [(HEADER, f"{foreign}, {right}")],
        "empty": [(HEADER, "")],
        "garbage": [(HEADER, "garbage")],
        "cut": [(HEADER, right[:-40])],
        "the whole chain": [(HEADER, quote(own["certificate"], safe=""))],
        "too long": [(HEADER, "A" * 48_000)],
        "another header": [("SSL-Client-Cert", right), ("X-SSL-Client-Cert", right)],
        "for the server": [("X-Forwarded-Client-Cert-Verified", "SUCCESS")],
    }
    for format_, write in WRITERS.items():
        if format_ != written:
            both[f"as {format_} writes it"] = [(HEADER, write(own))]
    for case, headers in both.items():
        for more in ([], [("SCRIPT_NAME", "/oauth")], [("X-Forwarded-For", PROXY)]):
            status, body = request_token(server.port, own["clientid"], [*headers, *more])
            assert (status, body) == (401, BAD_CREDENTIALS), case
    # The trusted header is accepted regardless of further headers.
    for beside in ([(underscore, foreign)], [("SCRIPT_NAME", "/oauth")], [("SCRIPT-NAME", "/x")]):
        for headers in ([(HEADER, right), *beside], [*beside, (HEADER, right)]):
            status, body = request_token(server.port, own["clientid"], headers)
            assert status == 200, beside


def test_a_stranger_s_header_is_not_read(proxied: tuple[Server, str]) -> None:
    """It is ignored: a secret is accepted beside it."""
    server, written = proxied
    own = bound_on(server)
    secret = bound_on(server, **{"credential-type": "binding-secret"})
    headers = [(HEADER, WRITERS[written](own)), ("X-Forwarded-For", PROXY)]
    for source in (STRANGER, "127.0.0.1"):
        status, body = request_token(server.port, own["clientid"], headers, source)
        assert (status, body) == (401, BAD_CREDENTIALS)
        status, _ = request_token(
            server.port,
            secret["clientid"],
            headers,
            source,
            client_secret=secret["clientsecret"],
        )
        assert status == 200


def test_the_own_tls_listener_reads_no_header(proxied: tuple[Server, str]) -> None:
    """It has the certificate of the connection, with the same server in front."""
    server, written = proxied
    own, other = bound_on(server), bound_on(server)
    header = {HEADER: WRITERS[written](own)}
    with closing(connect(own, server.ca_file, with_certificate=False, source=PROXY)) as connection:
        assert ask(connection, own["clientid"], header).body == BAD_CREDENTIALS
    with closing(connect(other, server.ca_file, source=PROXY)) as connection:
        assert ask(connection, own["clientid"], header).body == BAD_CREDENTIALS
        assert ask(connection, other["clientid"], header).status == 200


def test_requests_without_certificates_are_served(proxied: tuple[Server, str]) -> None:
    server, _ = proxied
    secret = bound_on(server, **{"credential-type": "binding-secret"})
    for source in (PROXY, STRANGER):
        status, _ = request_token(
            server.port, secret["clientid"], [], source, client_secret=secret["clientsecret"]
        )
        assert status == 200


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of nginx."""
    try:
        return nginx_program(tmp_path_factory.mktemp("nginx-program"))
    except NginxMissingError as missing:
        pytest.skip(str(missing))


CORPORATE = an_authority("Corporate CA")


@pytest.fixture(scope="module", params=["nginx", "envoy"])
def behind_nginx(
    request: pytest.FixtureRequest, program: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Nginx]]:
    """A real proxy that accepts certificates of any CA, in both its formats."""
    written: str = request.param
    directory = tmp_path_factory.mktemp(f"behind-nginx-{written}")
    (directory / "trusted.pem").write_text(CORPORATE.pem)
    with Server(
        directory,
        workers=1,
        XSUAA_FAILURE_LIMIT="0",
        XSUAA_FORWARDED_CERTIFICATE=written,
        XSUAA_PROXY_SECRET="between us",
        XSUAA_TRUSTED_CA_FILE=str(directory / "trusted.pem"),
    ) as server:
        escaped = "$ssl_client_escaped_cert"
        with Nginx(
            program,
            directory / "proxy",
            certificate=directory / "var" / "server-with-key.pem",
            upstream_port=server.port,
            header=escaped if written == "nginx" else f'Hash=0;Cert="{escaped}"',
            secret="between us",
        ) as nginx_:
            yield server, nginx_


def through(nginx_: Nginx, credentials: Credentials) -> Credentials:
    return {**credentials, "certurl": nginx_.url}


def test_through_nginx_a_certificate_is_accepted_until_it_is_unbound(
    behind_nginx: tuple[Server, Nginx],
) -> None:
    server, nginx_ = behind_nginx
    platform = PlatformClient(server.url, server.user, server.password)
    instance, binding = a_guid(), a_guid()
    kept = through(nginx_, bound_on(server, instance=instance))
    gone = through(nginx_, platform.bind(instance, binding).json()["credentials"])
    holder = a_client(CORPORATE)
    brought = bound_on(server, instance=instance, x509={"certificate": holder.pem})
    brought = through(nginx_, holder.credentials(brought))
    for each in (kept, gone, brought):
        answer = fetch_with_certificate(each, server.ca_file)
        assert answer.status == 200, answer.body
        assert "cnf" in token_claims(answer.token)
    with closing(connect(gone, server.ca_file)) as connection:
        assert ask(connection, gone["clientid"]).status == 200
        assert platform.unbind(instance, binding).status_code == 200
        assert ask(connection, gone["clientid"]).body == BAD_CREDENTIALS
    assert fetch_with_certificate(kept, server.ca_file).status == 200


def test_through_nginx_every_other_certificate_is_the_same_401(
    behind_nginx: tuple[Server, Nginx],
) -> None:
    """The proxy forwards all of them: the token service has to refuse forged certificates."""
    server, nginx_ = behind_nginx
    own = bound_on(server)
    holder = a_client(CORPORATE)
    brought = bound_on(server, x509={"certificate": holder.pem, "certificate-pinning": False})
    leaf = x509.load_pem_x509_certificate(own["certificate"].encode())
    issuer = an_authority()
    twins: list[tuple[Credentials, Holder]] = [
        (brought, a_client(an_authority("Corporate CA"), holder.certificate.subject)),
        (own, a_client(issuer, leaf.subject)),
        (own, a_client(CORPORATE, leaf.subject)),
    ]
    for credentials, twin in twins:
        answer = fetch_with_certificate(
            through(nginx_, twin.credentials(credentials)), server.ca_file
        )
        assert (answer.status, answer.body) == (401, BAD_CREDENTIALS)
    forged = {HEADER: nginx(own)}
    with closing(
        connect(through(nginx_, own), server.ca_file, with_certificate=False)
    ) as connection:
        assert ask(connection, own["clientid"]).status == 401
        assert ask(connection, own["clientid"], forged).body == BAD_CREDENTIALS


def test_without_the_proxy_s_secret_the_header_is_not_read(
    behind_nginx: tuple[Server, Nginx],
) -> None:
    server, nginx_ = behind_nginx
    own = bound_on(server)
    value = nginx(own) if nginx_.header.startswith("$") else envoy(own)
    for secret in ([], [("X-Proxy-Secret", "guessed")], [("X_Proxy_Secret", "between us")]):
        status, body = request_token(server.port, own["clientid"], [(HEADER, value), *secret])
        assert (status, body) == (401, BAD_CREDENTIALS)
    right = [(HEADER, value), ("X-Proxy-Secret", "between us")]
    assert request_token(server.port, own["clientid"], right)[0] == 200


def test_forwarded_certificates_are_ignored_by_default(tmp_path: Path) -> None:
    """Off by default; the server does not start without a trusted proxy."""
    server = Server(tmp_path, XSUAA_FORWARDED_CERTIFICATE="gorouter")
    refused = server.command("serve", check=False)
    assert refused.returncode == 1
    assert "requires XSUAA_TRUSTED_PROXIES or XSUAA_PROXY_SECRET" in refused.stderr
    server.environment["XSUAA_TRUSTED_PROXIES"] = "0.0.0.0/0"
    refused = server.command("serve", check=False)
    assert "XSUAA_TRUSTED_PROXIES: must contain the proxies' addresses only" in refused.stderr
