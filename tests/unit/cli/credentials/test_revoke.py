"""``credentials revoke``: the credential of one binding ends, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine

TYPES = {"oauth2-configuration": {"credential-types": ["binding-secret", "x509"]}}


def test_one_is_revoked_at_once(command_line: CommandLine) -> None:
    domain = command_line.domain
    domain.provision("i", {"xsappname": "app", **TYPES})
    kept = domain.bind("i", "kept")
    gone = domain.bind("i", "b")
    asked = command_line.try_out("credentials", "revoke", "i", "b", text="n\n")
    assert (asked.exit_code, domain.accepts(gone)) == (1, True)
    printed = command_line("credentials", "revoke", "i", "b", "--yes")
    assert "The binding-secret of binding b was revoked." in printed
    assert gone["clientsecret"] not in printed
    assert [domain.accepts(each) for each in (gone, kept)] == [False, True]
    again = command_line.try_out("credentials", "revoke", "i", "b", "--yes")
    assert again.exit_code == 1
    assert "no service key or binding 'b'" in again.output
