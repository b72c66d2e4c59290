"""Service instances, service keys and tokens by commands, at the running server."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.server import Server

TYPES = {"credential-types": ["binding-secret", "x509"]}
GRANTS = {"grant-types": ["client_credentials", "password"]}


@pytest.fixture
def name(server: Server, tmp_path: Path) -> str:
    """A service instance that was created from an mta.yaml."""
    name = f"uaa-{uuid4().hex[:8]}"
    (tmp_path / "xs-security.json").write_text(
        json.dumps({"xsappname": "x", "oauth2-configuration": {**TYPES, **GRANTS}})
    )
    (tmp_path / "mta.yaml").write_text(
        "_schema-version: '3.1'\nID: m\nresources:\n- name: uaa\n  parameters:\n"
        "    service: xsuaa\n    path: xs-security.json\n"
        f"    config:\n      xsappname: {name}-${{space}}\n"
    )
    created = server.command(
        *("instances", "create", name, "-c", str(tmp_path / "mta.yaml"), "--json")
    )
    document = json.loads(created.stdout)
    assert (document["name"], document["plan"]) == (name, "application")
    assert document["app_id"].startswith(f"{name}-my-space!t")
    return name


def created(server: Server, *words: str) -> Any:
    return json.loads(server.command("service-keys", "create", *words).stdout)


def test_a_name_belongs_to_one_instance(server: Server, name: str) -> None:
    refused = server.command("instances", "create", name, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert f"The name {name} belongs to service instance" in refused.stderr
    shown = json.loads(server.command("instances", "show", name, "--json").stdout)
    assert shown["name"] == name
    server.command("instances", "delete", name, "--yes")
    assert server.command("instances", "show", name, check=False).returncode == 1


def test_a_key_is_created_listed_shown_and_deleted(server: Server, name: str) -> None:
    credentials = created(server, name, "k")
    again = server.command("service-keys", "create", name, "k", check=False)
    assert (again.returncode, again.stdout) == (1, "")
    assert "has a service key k already" in again.stderr
    shown = server.command("service-keys", "show", name, "k").stdout
    assert json.loads(shown) == credentials
    [listed] = json.loads(server.command("service-keys", "list", name, "--json").stdout)
    assert (listed["id"], listed["credential_type"]) == ("k", "binding-secret")
    assert "clientsecret" not in listed
    server.command("service-keys", "delete", name, "k", "--yes")
    assert server.command("service-keys", "list", name, "--json").stdout.strip() == "[]"
    missing = server.command("service-keys", "delete", name, "k", "--yes", check=False)
    assert missing.returncode == 1


def test_a_refused_request_is_reported_with_its_reason(server: Server, name: str) -> None:
    parameters = '{"credential-type": "none"}'
    refused = server.command("service-keys", "create", name, "k", "-c", parameters, check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "credential-type" in refused.stderr
    refused = server.command("instances", "create", f"{name}-2", "-c", '{"a": 1}', check=False)
    assert refused.returncode == 1
    assert "xsappname is missing" in refused.stderr


def test_a_certificate_is_written_and_fetches_tokens(
    server: Server, name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "key"
    words = ("-c", '{"credential-type": "x509"}', "--format", "files", "--output", str(folder))
    server.command("service-keys", "create", name, "k", *words)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    names = ("ca.pem", "certificate.pem", "credentials.json", "key.pem")
    assert modes == dict.fromkeys(names, 0o600)
    refused = server.command("service-keys", "show", name, "k", *words[2:], check=False)
    assert "add --force" in refused.stderr
    certificate = ("--certificate", str(folder / "certificate.pem"))
    pair = (*certificate, "--private-key", str(folder / "key.pem"))
    options: tuple[str, ...]
    for options in ((), pair):
        fetched = json.loads(server.command("token", name, "k", "--json", *options).stdout)
        assert "x5t#S256" in fetched["claims"]["cnf"]
        assert fetched["header"]["alg"] == "RS256"


def test_a_secret_fetches_tokens_of_the_application_and_of_users(server: Server, name: str) -> None:
    created(server, name, "k")
    printed = server.command("token", name, "k").stdout
    assert "expires:" in printed
    assert '"grant_type": "client_credentials"' in printed
    raw = server.command("token", name, "k", "--raw").stdout
    assert raw.count(".") == 2
    shown = json.loads(server.command("instances", "show", name, "--json").stdout)
    user = f"user-{uuid4().hex[:8]}"
    words = ("--email", "a@example.org", "--zone", shown["zone"], "--password-stdin")
    password = "correct horse battery staple"
    server.command("users", "add", user, *words, stdin=password)
    of_user = ("token", name, "k", "--user", user, "--password-stdin", "--json")
    claims = json.loads(server.command(*of_user, stdin=password).stdout)["claims"]
    assert (claims["user_name"], claims["grant_type"]) == (user, "password")
    refused = server.command(*of_user, stdin="another password", check=False)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "The token endpoint refused the request (401)" in refused.stderr


def test_another_server_on_the_port_is_refused(
    server: Server, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(server.environment, "XSUAA_BROKER_PASSWORD", "another-password")
    refused = server.command("service-keys", "create", name, "k", check=False)
    assert refused.returncode == 1
    assert "refuses the broker's user and password" in refused.stderr
    assert "another-password" not in refused.stderr
