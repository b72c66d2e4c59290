"""``pki``: the CA that issues managed certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from sqlalchemy import select

from broker.store.tables.core import audit_event

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def exported(command_line: CommandLine, *options: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(command_line("pki", "export", *options).encode())


def actions(command_line: CommandLine) -> list[str]:
    with command_line.domain.engine.connect() as connection:
        found = select(audit_event.c.action).where(
            audit_event.c.subject_kind == "certificate-authority"
        )
        return sorted(connection.execute(found).scalars())


def test_an_export_creates_the_authority_and_prints_no_key(command_line: CommandLine) -> None:
    command_line("pki", "show")
    assert actions(command_line) == []
    certificates = exported(command_line)
    assert len(certificates) == 2
    assert exported(command_line) == certificates
    [root] = exported(command_line, "--roots")
    assert root.subject == root.issuer
    assert actions(command_line) == ["create-authority", "create-authority"]
    assert "PRIVATE" not in command_line("pki", "export")


def test_a_rotation_adds_an_intermediate(command_line: CommandLine) -> None:
    before = exported(command_line)
    command_line("pki", "rotate")
    after = exported(command_line)
    assert len(after) == 3
    assert set(before) < set(after)
    assert actions(command_line).count("rotate-authority") == 1
    shown = command_line("pki", "show")
    assert sum(line.startswith("intermediate") for line in shown.splitlines()) == 2
