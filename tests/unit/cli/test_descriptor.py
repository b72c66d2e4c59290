"""``descriptor check`` and ``descriptor diff``, without a server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
    first, second = output.splitlines()
    assert first.startswith('<stdin>: Invalid xsappname "a b"; allowed: ')
    assert second == '<stdin>: scope: unknown key, did you mean "scopes"?'


def test_the_plan_may_be_named() -> None:
    assert run("-", "--plan", "apiaccess", text='{"xsappname": "app"}')[0] == 0
    status, output = run("-", "--plan", "apiaccess", text='{"scopes": []}')
    assert status == 1
    assert "<stdin>: scopes: " in output


def test_json_for_programs() -> None:
    status, output = run("-", "--json", text='{"xsappname": "app", "authorities": ["$x"]}')
    assert status == 1
    findings = json.loads(output)
    assert findings["valid"] is False
    assert findings["errors"][0]["path"] == "authorities[0]"


def test_invalid_json_is_reported() -> None:
    texts = {
        "": "not valid JSON",
        "{": "not valid JSON",
        "[]": "a JSON array",
        '{"a": 1,}': "a trailing comma at line 1 column 8",
        '{"a": 1,\n"a": 2}': 'duplicate key "a" at line 1 column 2 and line 2 column 1',
    }
    for text, reason in texts.items():
        status, output = run("-", text=text)
        assert status == 1
        assert output.startswith(f"<stdin>: {reason}")


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


def test_the_registered_entry_of_a_redirect_uri_is_found() -> None:
    uris = ["https://app.example.org/cb", "https://*.apps.example.org/**"]
    text = json.dumps({"xsappname": "app", "oauth2-configuration": {"redirect-uris": uris}})
    status, output = run("-", "--redirect-uri", "https://a.apps.example.org/cb", text=text)
    assert status == 0
    assert "matches oauth2-configuration.redirect-uris[1]" in output
    status, output = run("-", "--redirect-uri", "https://app.example.org/", text=text)
    assert status == 1
    assert "is a valid xs-security.json" in output
    assert "matches no entry; the nearest is oauth2-configuration.redirect-uris[0]" in output
    status, output = run("-", "--json", "--redirect-uri", "https://app.example.org/", text=text)
    assert status == 1
    findings = json.loads(output)
    assert findings["valid"] is True
    found = findings["descriptors"][0]["redirect_uri"]
    assert found["differences"] == ['the path is "/", registered is "/cb"']


OLD = {
    "xsappname": "app",
    "scopes": [{"name": "$XSAPPNAME.read"}, {"name": "$XSAPPNAME.write"}],
    "attributes": [{"name": "country", "valueType": "string"}],
    "role-templates": [{"name": "Viewer", "scope-references": ["$XSAPPNAME.read"]}],
    "role-collections": [{"name": "Viewers", "role-template-references": ["$XSAPPNAME.Viewer"]}],
    "oauth2-configuration": {
        "token-validity": 600,
        "credential-types": ["instance-secret", "binding-secret"],
    },
}


def diff(tmp_path: Path, new: dict[str, Any], *options: str) -> tuple[int, str]:
    (tmp_path / "old.json").write_text(json.dumps(OLD))
    (tmp_path / "new.json").write_text(json.dumps(new))
    paths = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    result = CliRunner().invoke(main, ["descriptor", "diff", *paths, *options])
    return result.exit_code, result.output


def test_diff_lists_changes_and_losses(tmp_path: Path) -> None:
    new = OLD | {
        "scopes": [{"name": "$XSAPPNAME.read", "description": "Read"}, {"name": "$XSAPPNAME.new"}],
        "role-collections": [
            {"name": "Readers", "role-template-references": ["$XSAPPNAME.Viewer"]}
        ],
        "authorities": ["$ACCEPT_GRANTED_AUTHORITIES"],
        "oauth2-configuration": {"credential-types": ["binding-secret"]},
    }
    status, output = diff(tmp_path, new)
    assert status == 0
    assert output.splitlines() == [
        'scopes: "$XSAPPNAME.write" is removed; new tokens do not contain it',
        'scopes: "$XSAPPNAME.new" is added',
        'scopes "$XSAPPNAME.read".description: nothing becomes Read',
        LOST,
        'role-collections: "Readers" is added',
        'authorities: "$ACCEPT_GRANTED_AUTHORITIES" is added',
        "oauth2-configuration.token-validity: 600 becomes nothing",
        CUT_OFF,
    ]


LOST = (
    'role-collections: "Viewers" is removed; it is deleted and all its assignments to users and'
    " groups are lost"
)
CUT_OFF = (
    "oauth2-configuration.credential-types: [instance-secret, binding-secret] becomes"
    " [binding-secret]; bindings with instance-secret are cut off"
)


def test_diff_of_equal_files(tmp_path: Path) -> None:
    assert diff(tmp_path, OLD) == (0, "No differences.\n")


def test_diff_reports_changes_that_an_update_would_refuse(tmp_path: Path) -> None:
    new = OLD | {"xsappname": "other", "attributes": [{"name": "country", "valueType": "int"}]}
    status, output = diff(tmp_path, new, "--json")
    assert status == 1
    assert [each["path"] for each in json.loads(output)["refused"]] == [
        "xsappname",
        "attributes[0].valueType",
    ]


def test_diff_with_an_invalid_file(tmp_path: Path) -> None:
    status, output = diff(tmp_path, {"xsappname": "a b"})
    assert status == 1
    [line] = output.splitlines()
    assert line.startswith(f'Error: {tmp_path / "new.json"}: Invalid xsappname "a b"; allowed: ')


def test_diff_prints_refused_changes_with_the_file(tmp_path: Path) -> None:
    status, output = diff(tmp_path, OLD | {"xsappname": "other"})
    assert status == 1
    new = tmp_path / "new.json"
    assert output.startswith(f"{new}: xsappname: a change from app to other; allowed: no change\n")


MTA = """
_schema-version: 3.1
ID: app
resources:
- name: my-uaa
  type: org.cloudfoundry.managed-service
  parameters:
    service: xsuaa
    service-plan: application
    path: ./xs-security.json
    config:
      xsappname: app-${org}-${space}
- name: other-uaa
  type: org.cloudfoundry.managed-service
  parameters: {service: xsuaa, service-plan: application, config: {xsappname: a.b}}
"""


def test_each_xsuaa_resource_of_an_mta_is_checked(tmp_path: Path) -> None:
    (tmp_path / "mta.yaml").write_text(MTA)
    (tmp_path / "xs-security.json").write_text('{"xsappname": "a", "scops": []}')
    status, output = run(str(tmp_path / "mta.yaml"))
    assert status == 1
    name = tmp_path / "mta.yaml"
    first = f'{tmp_path / "xs-security.json"}: scops: unknown key, did you mean "scopes"?'
    assert output.splitlines()[0] == first
    assert f'{name}: resources[1].parameters.config.xsappname: Invalid xsappname "a.b"' in output
    assert f"{name}: resource other-uaa (plan application): refused" in output
