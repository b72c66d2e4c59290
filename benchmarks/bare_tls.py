"""The peer of tokens over new TLS connections: a handshake with certificates, one signature.

Run as a program, it serves connections one after the other.
"""

from __future__ import annotations

import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benchmarks.cores import pinned_to, server_core
from benchmarks.measured import Measured
from tests.support.server import ROOT, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_START_SECONDS = 20.0
_RESPONSE = b"HTTP/1.0 200 OK\r\nContent-Length: 900\r\nConnection: close\r\n\r\n" + b"x" * 900
"""As long as a response with a token."""


@contextmanager
def bare_tls(certificate: Path, trusted: Path) -> Iterator[Measured]:
    """Run it on the server's core with a certificate and key, and trusted CAs, as PEM files."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.bare_tls", str(port)]
    command += [str(certificate), str(trusted)]
    with pinned_to(server_core()):
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        _await(port)
        yield Measured(f"https://localhost:{port}", server_core(), [process.pid])
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _await(port: int) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
            return
        time.sleep(0.05)
    raise RuntimeError("the bare TLS server did not start")


def _serve(port: int, certificate: str, trusted: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.load_verify_locations(trusted)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    key, scheme, digest = (
        rsa.generate_private_key(65_537, 2048),
        padding.PKCS1v15(),
        hashes.SHA256(),
    )
    with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        while True:
            connection, _ = listener.accept()
            connection.settimeout(5)
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as client:
                request = client.recv(65_536)
                if b"\r\n\r\n" in request and request.endswith(b"\r\n\r\n"):
                    client.recv(65_536)  # the body
                key.sign(request[:900], scheme, digest)
                client.sendall(_RESPONSE)


if __name__ == "__main__":
    _serve(int(sys.argv[1]), *sys.argv[2:])
