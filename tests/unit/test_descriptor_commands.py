"""``descriptor check``: what a developer sees before there is a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from broker.cli import main

if TYPE_CHECKING:
    from pathlib import Path


def run(*arguments: str, text: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(main, ["descriptor", "check", *arguments], input=text)
    return result.exit_code, result.output


def test_a_valid_file(tmp_path: Path) -> None:
    path = tmp_path / "xs-security.json"
    path.write_text('{"xsappname": "app"}')
    status, output = run(str(path))
    assert status == 0
    assert "is a valid xs-security.json" in output
    assert "credential-types is not set" in output


def test_every_error_comes_with_its_path() -> None:
    status, output = run("-", text='{"xsappname": "a b", "scope": []}')
    assert status == 1
    assert 'error  xsappname: Invalid xsappname "a b"' in output
    assert 'error  scope: unknown key, did you mean "scopes"?' in output


def test_json_for_programs() -> None:
    status, output = run("-", "--json", text='{"xsappname": "app", "authorities": ["x"]}')
    assert status == 1
    findings = json.loads(output)
    assert findings["valid"] is False
    assert findings["errors"][0]["path"] == "authorities[0]"


def test_what_is_no_json_is_said_so() -> None:
    for text in ("", "{", "[]", '{"a": 1,}'):
        status, output = run("-", text=text)
        assert status == 1
        assert "error  $: " in output


def test_a_missing_file_is_a_usage_error() -> None:
    assert run("nowhere.json")[0] == 2


def test_a_role_template_without_default_role_is_noted() -> None:
    document = {
        "xsappname": "app",
        "attributes": [{"name": "a"}],
        "role-templates": [{"name": "T", "attribute-references": ["a"]}],
    }
    status, output = run("-", text=json.dumps(document))
    assert status == 0
    assert 'role-templates: "T" gets no default role' in output
