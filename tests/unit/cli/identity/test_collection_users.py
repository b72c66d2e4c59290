"""``role-collections map`` (I-159)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_a_mapping_of_an_unknown_provider_warns(command_line: CommandLine) -> None:
    command_line.domain.provision("i", {"xsappname": "app"})
    zone, rule = ("--zone", "1"), ("--origin", "corp", "--group", "staff")
    command_line("role-collections", "create", "Own", *zone)
    mapped = command_line.try_out("role-collections", "map", "Own", *rule, *zone)
    assert mapped.exit_code == 0
    assert "no identity provider corp" in mapped.stderr
    provider = ("--issuer", "https://idp.example.org", "--client-id", "c")
    command_line("providers", "add", "corp", *provider, *zone)
    again = command_line.try_out("role-collections", "map", "Own", *rule, *zone)
    assert (again.exit_code, again.stderr) == (0, "")
    assert "exists already" in again.stdout
