"""``zones show`` and ``zones set``."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from broker.cli.table import format_cell
from tests.support.tenants import mix_tenants

if TYPE_CHECKING:
    from tests.unit.cli.conftest import CommandLine


def test_a_zone_is_shown_and_changed(command_line: CommandLine) -> None:
    zone = command_line.domain.provision("i").instance.client.zone
    shown = json.loads(command_line("zones", "show", "zone-1", "--json"))
    assert (shown["guid"], shown["mixed"], shown["instances"]) == (zone.guid, False, 1)
    assert shown["providers"] == [{"origin": "sap.default", "active": True, "users": 0}]
    assert shown["settings"]["access_token_validity"] is None
    words = ("--access-token-validity", "3600", "--refresh-token-validity", "3600")
    flags = ("--rotate-refresh-tokens", "--default-idp", "sap.default")
    changed = command_line.try_out("zones", "set", zone.guid, *words, *flags)
    assert changed.exit_code == 0
    assert "Warning: refresh tokens do not outlast access tokens." in changed.stderr
    lines = command_line("zones", "show", "1").splitlines()
    values = {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    assert values["provider sap.default"] == "active, users: 0"
    assert (values["access-token-validity"], values["refresh-token-rotate"]) == ("3600", "yes")
    assert (
        format_cell(datetime.fromisoformat(values["settings-updated"]))
        == (values["settings-updated"])
    )
    reset = json.loads(command_line("zones", "set", "1", "--no-default-idp", "--json"))
    assert datetime.fromisoformat(reset["settings_updated"]).tzinfo == UTC
    assert (reset["default_idp"], reset["access_token_validity"]) == (None, 3600)


def test_redirects_and_frames_replace_the_lists(command_line: CommandLine) -> None:
    """I-74, I-87, I-101."""
    command_line.domain.provision("i")
    frames = (
        "--iframe-domain",
        "https://a.example.org",
        "--iframe-domain",
        "https://b.example.org",
    )
    words = ("--home-redirect", "https://c.example.org", "--logout-redirect", "https://d.e/**")
    changed = json.loads(command_line("zones", "set", "1", *frames, *words, "--json"))
    assert changed["iframe_domains"] == ["https://a.example.org", "https://b.example.org"]
    assert changed["home_redirect"] == "https://c.example.org"
    assert changed["logout_redirects"] == ["https://d.e/**"]
    kept = json.loads(command_line("zones", "set", "1", "--no-iframe-domains", "--json"))
    assert (kept["iframe_domains"], kept["logout_redirects"]) == ([], ["https://d.e/**"])
    none = ("--no-home-redirect", "--no-logout-redirects")
    reset = json.loads(command_line("zones", "set", "1", *none, "--json"))
    assert (reset["home_redirect"], reset["logout_redirects"]) == (None, [])


def test_a_mixed_zone_has_no_settings(command_line: CommandLine) -> None:
    """D-53."""
    mix_tenants(command_line.domain)
    shown = json.loads(command_line("zones", "show", "1", "--json"))
    assert shown["mixed"] is True
    assert not {"settings", "providers"} & set(shown)
    assert command_line.try_out("zones", "set", "1", "--no-default-idp").exit_code == 1


def test_errors_name_the_cause(command_line: CommandLine) -> None:
    command_line.domain.provision("i")
    for words, status, text in [
        (("show", "9"), 1, "There is no zone 9"),
        (("set", "1", "--access-token-validity", "60"), 1, "1800 to 86400 seconds"),
        (("set", "1", "--default-idp", "x", "--no-default-idp"), 2, "exclude each other"),
        (
            ("set", "1", "--iframe-domain", "https://a.b", "--no-iframe-domains"),
            2,
            "--iframe-domain and --no-iframe-domains exclude each other",
        ),
        (("set", "1", "--iframe-domain", "https://a.b; x"), 1, "iframe-domains[0]"),
        (("set", "1", "--logout-redirect", "http://a.b/"), 1, "logout-redirects[0]"),
    ]:
        refused = command_line.try_out("zones", *words)
        assert refused.exit_code == status
        assert text in refused.stderr
