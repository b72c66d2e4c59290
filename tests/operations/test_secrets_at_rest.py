"""Neither the files nor the rows of the database hold a usable secret (D-12)."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from psycopg import sql

from broker.settings.master_keys import parse_master_keys
from broker.store.database.engine import open_engine
from broker.store.sealing.data_keys import DataKeys
from broker.store.tokens.signing_keys import StoredSigningKeys
from broker.store.transactions import StoreTransactions
from tests.support.application import fetch_token
from tests.support.databases import migrated_database
from tests.support.mutual_tls import fetch_with_certificate
from tests.support.platform import PlatformClient, a_descriptor, a_guid, credential_types
from tests.support.postgres import PrivatePostgres
from tests.support.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TYPES = credential_types("binding-secret", "instance-secret", "x509")


@dataclass
class Doors:
    """Secrets by name, and a word that the database is known to hold."""

    texts: dict[str, str] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    known: str = ""

    def forms(self) -> Iterator[tuple[str, bytes]]:
        """Yield every secret in each encoding in which it might be stored."""
        for name, text in self.texts.items():
            for form in (text, text.rpartition("$")[2]):
                yield name, form.encode()
                yield name, form.encode("utf-16-le")
            yield from _encoded(name, text.encode())
        for name, der in self.keys.items():
            yield name, der
            yield from _encoded(name, der)
            key = load_der_private_key(der, None)
            # Every key format contains one of these numbers.
            assert isinstance(key, RSAPrivateKey | EllipticCurvePrivateKey)
            numbers = key.private_numbers()
            secret = numbers.d if isinstance(numbers, RSAPrivateNumbers) else numbers.private_value
            number = secret.to_bytes((secret.bit_length() + 7) // 8)
            yield name, number
            yield name, number.hex().encode()
            # As a part of base64, at each of the three alignments.
            for skipped in range(3):
                yield name, base64.b64encode(number[skipped:])[:36]


def _encoded(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    yield name, base64.b64encode(raw).rstrip(b"=")
    yield name, base64.urlsafe_b64encode(raw).rstrip(b"=")
    yield name, raw.hex().encode()


def found_in(content: bytes, doors: Doors) -> set[str]:
    """Return the names of the secrets that are found."""
    assert doors.known.encode() in content, "these are the right files"
    content = content.replace(bytes(512), b"")  # most of a file of PostgreSQL
    # PEM breaks base64 into lines.
    flat = content.replace(b"\n", b"").replace(b"\\n", b"")
    return {name for name, form in doors.forms() if form in content or form in flat} | (
        {"a PEM"} if b"PRIVATE KEY-----" in content else set()
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The product's default database."""
    return f"sqlite:///{tmp_path / 'var' / 'xsuaa.db'}"


def use_everything(server: Server, database_url: str) -> Doors:
    """Create and use every kind of credential; return all secrets."""
    platform = PlatformClient(server.url, server.user, server.password)
    instance, doors = a_guid(), Doors()
    assert platform.provision(instance, a_descriptor(oauth2_configuration=TYPES)).ok
    wishes: dict[str, dict[str, Any]] = {
        "instance secret": {"credential-type": "instance-secret"},
        "binding secret": {"credential-type": "binding-secret"},
        "unbound secret": {"credential-type": "binding-secret"},
    }
    for name, wish in wishes.items():
        binding = a_guid()
        bound = platform.bind(instance, binding, wish).json()["credentials"] | {"url": server.url}
        doors.known = bound["clientid"]
        doors.texts[name] = bound["clientsecret"]
        token = fetch_token(bound).json()["access_token"]
        doors.texts[f"token by {name}"] = token
        doors.texts[f"signature of the token by {name}"] = token.rpartition(".")[2]
        if name == "unbound secret":
            assert platform.unbind(instance, binding).ok
    # A revoked token is stored by its id.
    pair = bound["clientid"], doors.texts["binding secret"]
    revoked = {"token": doors.texts["token by binding secret"]}
    assert requests.post(f"{server.url}/oauth/revoke", data=revoked, auth=pair, timeout=30).ok
    certificate = platform.bind(instance, a_guid(), {"credential-type": "x509"}).json()
    own = certificate["credentials"]
    doors.texts["token by certificate"] = fetch_with_certificate(own, server.ca_file).token
    doors.keys["key of a managed certificate"] = der_in(own["key"])
    server.command("secrets", "rotate", instance, "--overlap", "1h")
    shared = platform.bind(instance, a_guid(), wishes["instance secret"]).json()["credentials"]
    doors.texts["rotated instance secret"] = shared["clientsecret"]
    doors.texts["broker password"] = server.password
    master_keys = (server.directory / "var" / "master-keys").read_text().strip()
    for name, key in parse_master_keys(master_keys).items():
        doors.texts[f"master key {name}"] = base64.b64encode(key).decode()
    doors.keys |= sealed_keys(database_url, master_keys)
    return doors


def der_in(pem: str) -> bytes:
    return base64.b64decode("".join(re.sub(r"-----[^-]+-----", "", pem).split()))


def sealed_keys(database_url: str, master_keys: str) -> dict[str, bytes]:
    """Return the private keys that the database holds in sealed form."""
    engine = open_engine(database_url, connections=2, lock_timeout=5)
    keys = DataKeys(engine, parse_master_keys(master_keys))
    _, [signing_key] = StoredSigningKeys(engine, keys).load()
    authorities = StoreTransactions(engine, keys).read(lambda found: found.authorities.all())
    engine.dispose()
    sealed = {f"key of our {each.role}": each.private_key for each in authorities}
    return {"signing key": signing_key.private_key} | {
        name: key for name, key in sealed.items() if key is not None
    }


def check(doors: Doors, contents: Callable[[], bytes]) -> None:
    assert len(doors.texts) >= 12
    assert len(doors.keys) >= 3  # of a client, of an authority, of tokens
    assert found_in(contents(), doors) == set()


def test_sqlite_keeps_no_secret_in_clear(tmp_path: Path, url: str) -> None:
    def files() -> bytes:
        found = sorted((tmp_path / "var").glob("xsuaa.db*"))
        return b"".join(file.read_bytes() for file in found)

    with Server(tmp_path) as server:
        doors = use_everything(server, url)
        check(doors, files)
    check(doors, files)


def test_postgresql_keeps_no_secret_in_clear(tmp_path: Path) -> None:
    with PrivatePostgres() as postgres:
        url = migrated_database(postgres, "at-rest")
        data = postgres.directory / "data"

        def files() -> bytes:
            found = (file for file in sorted(data.rglob("*")) if file.is_file())
            return b"".join(file.read_bytes() for file in found)

        with Server(tmp_path, database_url=url) as server:
            doors = use_everything(server, url.replace("postgresql:", "postgresql+psycopg:"))
            # PostgreSQL compresses long values in its files, so rows are searched as well.
            check(doors, lambda: rows_of(url))
            check(doors, files)
        postgres.stop()  # flushes memory to the files
        check(doors, files)


def rows_of(url: str) -> bytes:
    """Return every row of every table as text, bytes in hexadecimal."""
    rows: list[str] = []
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        ).fetchall()
        for (name,) in tables:
            table = sql.Identifier(name)
            found = connection.execute(sql.SQL("SELECT t::text FROM {} t").format(table))
            rows += [row[0] for row in found]
    return "\n".join(rows).encode()


def test_the_search_finds_every_encoding() -> None:
    """Each encoding is found in each kind of place."""
    made: dict[str, RSAPrivateKey | EllipticCurvePrivateKey] = {
        "an RSA key": generate_private_key(65537, 2048),
        "an EC key": ec_key(SECP256R1()),
    }
    keys = {
        name: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        for name, key in made.items()
    }
    doors = Doors({"a secret": f"x{a_guid()}${a_guid()}="}, keys, known="sb-x!t1")
    known = doors.known.encode()
    assert found_in(known + b"anything else", doors) == set()
    for name, form in doors.forms():
        assert name in found_in(known + b"x" * 7 + form + b"y" * 3, doors)
    for name, key in made.items():
        assert name in found_in(known + base64.encodebytes(keys[name]), doors)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        assert found_in(known + pem, doors) == {name, "a PEM"}
