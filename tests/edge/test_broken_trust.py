"""The file of trusted CAs becomes unreadable while the server runs."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.operations.processes import await_that, family_of, needs_proc
from tests.support.application import token_status
from tests.support.mutual_tls import TokenResponse, fetch_with_certificate
from tests.support.pki import a_client, an_authority
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.server import Server

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.application import Credentials

TYPES = credential_types("binding-secret", "x509")
BROKEN = {
    "is gone": None,
    "holds garbage": b"\x00\xff no certificate \x00",
    "is cut off": b"-----BEGIN CERTIFICATE-----\nMIIB",
    "is empty": b"",
}


@needs_proc
def test_the_previous_cas_stay_trusted(tmp_path: Path) -> None:
    trusted = tmp_path / "trusted.pem"
    authority = an_authority("Corporate CA")
    trusted.write_text(authority.pem)
    with Server(tmp_path, workers=1, XSUAA_TRUSTED_CA_FILE=str(trusted)) as server:
        platform = PlatformClient(server.url, server.user, server.password, may_fail=True)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
        holder = a_client(authority)

        def bind(parameters: dict[str, Any]) -> requests.Response:
            return platform.bind(instance, a_guid(), parameters)

        def fetch(credentials: Credentials) -> TokenResponse:
            return fetch_with_certificate(credentials, server.ca_file)

        wish = {"credential-type": "x509", "x509": {"certificate": holder.chain}}
        own = holder.credentials(bind(wish).json()["credentials"])
        managed = bind({"credential-type": "x509"}).json()["credentials"]
        secret = bind({}).json()["credentials"]
        assert (fetch(own).status, fetch(managed).status) == (200, 200)

        def check_while_broken(how: str) -> None:
            assert fetch(own).status == 200, how
            assert bind({**wish, "x509": {"certificate": a_client(authority, how).chain}}).ok, how
            assert fetch(managed).status == 200, how
            assert token_status(secret) == 200, how

        for how, content in BROKEN.items():
            if content is None:
                trusted.unlink()
            else:
                trusted.write_bytes(content)
            await_that(lambda: "trusted_ca cannot be used" in server.log(), "a warning")
            check_while_broken(how)
        restart_workers(server)
        check_while_broken("in workers that never read the file")

        trusted.write_text(an_authority("Another CA").pem)
        await_that(lambda: "trusted_ca has changed" in server.log(), "the new file")
        other = {**wish, "x509": {"certificate": a_client(authority, "other").chain}}
        assert bind(other).status_code == 400
        with pytest.raises((ssl.SSLError, ConnectionError)):
            fetch(own)


def restart_workers(server: Server) -> None:
    """Kill all workers; wait for their replacements."""
    before = family_of(server)
    old = before.http_workers | before.tls_workers
    for worker in old:
        worker.kill()

    def are_new() -> bool:
        now = family_of(server)
        return bool(
            now.http_workers and now.tls_workers and not (now.http_workers | now.tls_workers) & old
        )

    await_that(are_new, "new workers")
    await_that(server.is_up, "a server that is ready")


def test_a_start_with_a_broken_file_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path, XSUAA_TRUSTED_CA_FILE=str(tmp_path / "missing.pem"))
    server.command("db", "upgrade")
    refused = server.command("serve", check=False)
    assert refused.returncode == 1
    assert "XSUAA_TRUSTED_CA_FILE" in refused.stderr
