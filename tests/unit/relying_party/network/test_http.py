"""Requests to hostile providers: bounded in time, bytes and addresses (TH-10)."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from broker.errors import ProviderUnavailable
from broker.relying_party.network.connection import Budget, Watch
from broker.relying_party.network.http import MAX_BYTES, ProviderHttp
from broker.relying_party.network.look_ups import LookUps
from broker.relying_party.network.slots import RequestSlots
from broker.relying_party.network.targets import TargetRules
from tests.support.hostile_provider import HostileProvider, Reply
from tests.support.pki import a_client, an_authority

if TYPE_CHECKING:
    from pathlib import Path

DEV = TargetRules(allows_loopback=True)
CA = an_authority()


def client(rules: TargetRules = DEV, seconds: float = 3.0, **more: Any) -> ProviderHttp:
    return ProviderHttp(rules, RequestSlots(4, 2), seconds=seconds, **more)


def reason_of(http: ProviderHttp, url: str) -> str:
    with pytest.raises(ProviderUnavailable) as unavailable:
        http.get(url, Budget(5))
    return unavailable.value.reason


@pytest.fixture
def provider() -> Iterator[HostileProvider]:
    with HostileProvider() as running:
        yield running


def replying(provider: HostileProvider, **members: Any) -> str:
    provider.replies["/x"] = lambda: Reply(**members)
    return f"{provider.issuer}/x"


def test_a_response_is_returned_complete(provider: HostileProvider) -> None:
    url = replying(provider, body=b'{"a":1}')
    response = client().get(url, Budget(5), bearer="token")
    assert response.json_object() == {"a": 1}
    headers = provider.requests[0][3]
    assert headers["authorization"] == "Bearer token"
    assert headers["accept-encoding"] == "identity"
    assert "cookie" not in headers


def test_a_form_is_sent_encoded(provider: HostileProvider) -> None:
    url = replying(provider)
    client().post(url, Budget(5), {"a": "b c&d"}, {})
    assert provider.requests[0][2] == {"a": "b c&d"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(provider: HostileProvider, status: int) -> None:
    url = replying(provider, status=status, headers={"Location": f"{provider.issuer}/keys"})
    response = client().get(url, Budget(5))
    assert provider.paths() == ["/x"]
    with pytest.raises(ProviderUnavailable):
        response.json_object()


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":1,"a":2}', b"\x1f\x8b"])
def test_another_body_is_no_object(provider: HostileProvider, body: bytes) -> None:
    with pytest.raises(ProviderUnavailable):
        client().get(replying(provider, body=body), Budget(5)).json_object()


def test_a_compressed_body_is_refused(provider: HostileProvider) -> None:
    url = replying(provider, body=b"x", headers={"Content-Encoding": "gzip"})
    assert "compressed" in reason_of(client(), url)


def a_gigabyte() -> Iterator[bytes]:
    part = b"x" * 65_536
    for _ in range(16_384):
        yield part


def test_a_huge_body_is_refused_after_the_limit(provider: HostileProvider) -> None:
    for length in (None, 2**30):
        url = replying(provider, parts=a_gigabyte, length=length)
        assert str(MAX_BYTES) in reason_of(client(), url)


def drip(part: bytes) -> Callable[[], Iterator[bytes]]:
    def parts() -> Iterator[bytes]:
        while True:
            yield part
            time.sleep(0.02)

    return parts


def test_a_body_that_never_ends_is_cut_off_at_the_deadline(provider: HostileProvider) -> None:
    url = replying(provider, parts=drip(b"x"))
    began = time.monotonic()
    assert "time" in reason_of(client(seconds=0.3), url)
    assert time.monotonic() - began < 4


def test_a_slow_answer_is_cut_off_at_the_deadline(provider: HostileProvider) -> None:
    def slow() -> Reply:
        time.sleep(1)
        return Reply()

    provider.replies["/x"] = slow
    began = time.monotonic()
    reason_of(client(seconds=0.2), f"{provider.issuer}/x")
    assert time.monotonic() - began < 0.9


@contextmanager
def raw_server(handle: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    handle(connection)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        address = listener.getsockname()
        yield f"localhost:{address[1]}"
        # A thread that still waits gets a connection.
        socket.create_connection(address).close()
    thread.join(5)


def dripping(content: bytes) -> Callable[[socket.socket], None]:
    def handle(connection: socket.socket) -> None:
        for at in range(0, len(content), 4):
            connection.sendall(content[at : at + 4])
            time.sleep(0.02)

    return handle


@pytest.mark.parametrize(
    ("scheme", "content"),
    [
        ("http", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000),
        ("http", b"HTTP/1.1 100 Continue\r\n\r\n" * 500),
        ("http", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 2000),
        (
            "http",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 2000,
        ),
        ("https", b"\x16\x03\x03\x40\x00\x02" + b"\x00" * 8000),
    ],
)
def test_each_part_of_a_response_has_the_same_deadline(scheme: str, content: bytes) -> None:
    with raw_server(dripping(content)) as host:
        began = time.monotonic()
        assert reason_of(client(seconds=0.3), f"{scheme}://{host}/")
        assert time.monotonic() - began < 4


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_a_malformed_response_is_no_other_error(content: bytes) -> None:
    def handle(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(content)

    with raw_server(handle) as host:
        try:
            client(seconds=1).get(f"http://{host}/", Budget(5)).json_object()
        except ProviderUnavailable:
            return
        pytest.fail("accepted")


def test_private_addresses_are_refused_before_a_connection() -> None:
    accepted: list[bool] = []
    with raw_server(lambda _: accepted.append(True)) as host:
        port = int(host.partition(":")[2])
        for address in ("127.0.0.1", "169.254.169.254", "10.0.0.1"):
            rules = TargetRules(ports=frozenset({port}))
            http = client(rules, look_ups=LookUps(lambda *_, a=address: [(socket.AF_INET, a)]))
            assert address in reason_of(http, f"https://login.example.org:{port}/")
        assert accepted == []


def test_another_answer_of_the_dns_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: the name is resolved once, and the connection is made to that address."""
    answers, connected = iter(["8.8.8.8", "127.0.0.1"]), []

    def refuse(_: socket.socket, address: object) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    http = client(TargetRules(), look_ups=LookUps(lambda *_: [(socket.AF_INET, next(answers))]))
    reason_of(http, "https://login.example.org/")
    assert connected == [("8.8.8.8", 443)]


def receive(connection: socket.socket) -> None:
    connection.recv(1)


def test_the_address_of_the_connected_socket_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network may lead a connection elsewhere than the look-up said."""
    with raw_server(receive) as host:
        port = int(host.partition(":")[2])
        real = socket.socket.connect
        monkeypatch.setattr(
            socket.socket, "connect", lambda self, _: real(self, ("127.0.0.1", port))
        )
        with (
            Watch(TargetRules(), 2, LookUps(lambda *_: [(socket.AF_INET, "8.8.8.8")])) as watch,
            pytest.raises(ProviderUnavailable) as refused,
        ):
            watch.connect("login.example.org", port)
    assert "127.0.0.1" in refused.value.reason


def test_only_allowed_addresses_of_a_host_are_tried() -> None:
    found = [(socket.AF_INET, "10.0.0.1"), (socket.AF_INET, "127.0.0.1")]
    with HostileProvider() as provider:
        http = client(look_ups=LookUps(lambda *_: found))
        assert http.get(f"{provider.issuer}/keys", Budget(5)).status == 200


def test_an_unknown_host_and_a_slow_look_up() -> None:
    def fail(host: str, port: int) -> list[tuple[int, str]]:
        raise socket.gaierror

    def wait(host: str, port: int) -> list[tuple[int, str]]:
        time.sleep(0.5)
        return []

    assert "unknown" in reason_of(client(look_ups=LookUps(fail)), "https://login.example.org/")
    assert "time" in reason_of(
        client(look_ups=LookUps(wait), seconds=0.1), "https://login.example.org/"
    )


def test_a_budget_has_limits_of_its_own(provider: HostileProvider) -> None:
    """TH-10: id tokens as assertions wait for few providers, with grants of other users beside."""
    url, slots = replying(provider, body=b"{}"), RequestSlots(1, 0)
    with slots.holding("slow.example.org", "a"):
        with pytest.raises(ProviderUnavailable) as refused:
            client().get(url, Budget(5, "b", slots))
        assert refused.value.is_busy
        assert client().get(url, Budget(5, "b")).status == 200
    assert client().get(url, Budget(5, "b", slots)).status == 200


def test_no_connection_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert reason_of(client(), f"http://localhost:{port}/") == "no connection"


def test_without_time_no_request_is_sent(provider: HostileProvider) -> None:
    with pytest.raises(ProviderUnavailable):
        client().get(f"{provider.issuer}/keys", Budget(0))
    assert provider.requests == []


def server_context(directory: Path, name: str) -> ssl.SSLContext:
    holder = a_client(CA, hosts=[name], purposes=[ExtendedKeyUsageOID.SERVER_AUTH])
    chain, key = directory / f"{name}.pem", directory / f"{name}.key"
    chain.write_text(holder.chain)
    key.write_text(holder.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    return context


def test_certificates_are_verified(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text(CA.pem)
    with HostileProvider(tls=server_context(tmp_path, "localhost")) as provider:
        url = f"{provider.issuer}/keys"
        assert client(ca_file=str(ca_file)).get(url, Budget(5)).status == 200
        assert "certificate" in reason_of(client(), url)
    with HostileProvider(tls=server_context(tmp_path, "other.example.org")) as provider:
        url = f"{provider.issuer}/keys"
        assert "certificate" in reason_of(client(ca_file=str(ca_file)), url)


class Proxy(BaseHTTPRequestHandler):
    """A proxy that refuses each tunnel, and remembers what was asked."""

    asked: list[tuple[str, str | None]] = []  # noqa: RUF012 - of the test

    def do_CONNECT(self) -> None:
        """Refuse."""
        self.asked.append((self.path, self.headers.get("Proxy-Authorization")))
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def test_listed_hosts_are_requested_through_the_proxy() -> None:
    Proxy.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        proxy = f"http://user:pass%40word@127.0.0.1:{server.server_address[1]}"
        rules = TargetRules(proxied_hosts=("login.example.org",))
        look_ups = LookUps(lambda *_: [(socket.AF_INET, "127.0.0.1")])
        http = client(rules, proxy=proxy, look_ups=look_ups)
        reason_of(http, "https://login.example.org/keys")
        assert Proxy.asked == [("login.example.org:443", "Basic dXNlcjpwYXNzQHdvcmQ=")]
        assert "127.0.0.1" in reason_of(http, "https://other.example.org/keys")
        assert "word" not in repr(http)
    finally:
        server.shutdown()
        server.server_close()


def test_a_listed_host_without_proxy_is_refused() -> None:
    rules = TargetRules(proxied_hosts=("login.example.org",))
    assert "proxy" in reason_of(client(rules), "https://login.example.org/keys")
