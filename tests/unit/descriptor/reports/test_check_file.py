"""Files with descriptors in every known form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from broker.descriptor.reports.check_file import FileReport, Options, check_file

OPTIONS = Options("application", ("application", "apiaccess"))
PLAIN = {"xsappname": "app", "oauth2-configuration": {"credential-types": ["binding-secret"]}}
BROKEN = {"xsappname": "app", "scops": []}
FILE = "xs-security.json"


def check(document: Any, file: str = FILE, directory: Path = Path()) -> FileReport:
    data = document if isinstance(document, str) else json.dumps(document)
    return check_file(data.encode(), file, directory, OPTIONS)


def errors(report: FileReport) -> list[str]:
    return list(map(str, report.errors))


MANIFEST = {
    "apiVersion": "services.cloud.sap.com/v1",
    "kind": "ServiceInstance",
    "metadata": {"name": "my-uaa"},
    "spec": {"serviceOfferingName": "xsuaa", "servicePlanName": "application"},
}


def manifest(**spec: Any) -> dict[str, Any]:
    return {**MANIFEST, "spec": {**MANIFEST["spec"], **spec}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (BROKEN, "scops"),
        ({"xsuaa": BROKEN}, "scops"),
        ({"config": BROKEN}, "config.scops"),
        ({"parameters": {"config": BROKEN}}, "parameters.config.scops"),
        ({"name": "i", "plan": "application", "parameters": BROKEN}, "parameters.scops"),
        (manifest(parameters=BROKEN), "spec.parameters.scops"),
    ],
)
def test_wrapped_descriptors_are_checked_below_their_wrapper(
    document: dict[str, Any], path: str
) -> None:
    assert errors(check(document)) == [f'{FILE}: {path}: unknown key, did you mean "scopes"?']


@pytest.mark.parametrize(
    "document", [PLAIN, {"config": PLAIN}, manifest(parameters=PLAIN), {"parameters": PLAIN}]
)
def test_valid_descriptors_have_no_errors(document: dict[str, Any]) -> None:
    report = check(document)
    assert report.is_valid
    assert list(report.notes) == []
    assert len(report.descriptors) == 1


@pytest.mark.parametrize(
    ("text", "file", "error"),
    [
        ("", FILE, "not valid JSON"),
        ("[]", FILE, "a JSON array"),
        ("xsappname: a.b", FILE, "a key without quotes at line 1 column 1"),
        ("// a comment\n{}", "<stdin>", "a comment at line 1 column 1"),
        ("\ufeff{}", "<stdin>", "a byte order mark"),
        ("xsappname: a.b", "<stdin>", 'Invalid xsappname "a.b"'),
        ("# a comment\nxsappname: a.b", "<stdin>", 'Invalid xsappname "a.b"'),
        ("a: [", "mta.yaml", "not valid YAML"),
        ("- 1", "x.yml", "a YAML array"),
        ("", "x.yml", "no descriptor"),
        ("kind: Secret\napiVersion: v1", "x.yaml", "no descriptor"),
        ("_schema-version: 3\nID: a", "mta.yaml", "no descriptor"),
        ("_schema-version: 3\nID: a\nextends: b", "a.mtaext", "an MTA extension descriptor"),
        ("#" * 1_100_000, "mta.yaml", "1100000 bytes"),
        (" " * 1_100_000, FILE, "more than 1048576 bytes"),
    ],
)
def test_a_file_without_descriptor_is_an_error(text: str, file: str, error: str) -> None:
    [found] = errors(check(text, file))
    assert found.startswith(f"{file}: {error}")


def test_every_service_instance_of_a_manifest_is_checked() -> None:
    other = manifest(serviceOfferingName="destination", parameters={"any": 1})
    documents = [{"apiVersion": "v1", "kind": "Secret"}, manifest(parameters=PLAIN), other]
    report = check("\n---\n".join(map(json.dumps, documents)), "k8s.yaml")
    assert report.is_valid
    assert [each.name for each in report.descriptors] == ["resource my-uaa"]
    assert check(manifest()).notes == [
        "resource my-uaa: no descriptor: the xsappname is generated."
    ]


def test_parameters_from_secrets_are_not_checked() -> None:
    source = [{"secretKeyRef": {"name": "uaa", "key": "parameters"}}]
    note = "resource my-uaa: spec.parametersFrom is not checked."
    assert check(manifest(parametersFrom=source)).notes == [note]
    report = check(manifest(parametersFrom=source, parameters=PLAIN))
    assert report.notes == [note]


def mta(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"_schema-version": "3.3.0", "ID": "app", "resources": list(resources)}


def resource(name: str = "uaa", **parameters: Any) -> dict[str, Any]:
    given = {"service": "xsuaa", "service-plan": "application", **parameters}
    type_ = "org.cloudfoundry.managed-service"
    return {"name": name, "type": type_, "parameters": given}


def test_path_and_config_are_merged(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({**PLAIN, "xsappname": "a.b", "scops": []}))
    document = mta(resource(path=f"./{FILE}", config={"xsappname": "app", "tenant-mode": "x"}))
    report = check(document, str(tmp_path / "mta.yaml"), tmp_path)
    file, config = tmp_path / FILE, f"{tmp_path / 'mta.yaml'}: resources[0].parameters.config"
    assert errors(report) == [
        f'{config}.tenant-mode: "x"; allowed: dedicated, shared, external',
        f'{file}: scops: unknown key, did you mean "scopes"?',
    ]


def test_placeholders_are_noted(tmp_path: Path) -> None:
    configuration = {
        "credential-types": ["binding-secret"],
        "token-validity": "${validity}",
        "redirect-uris": ["https://~{app/host}/**"],
    }
    config = {
        "xsappname": "app-${org}-${space}",
        "scopes": "~{app/scopes}",
        "role-templates": [{"name": "T", "scope-references": ["$XSAPPNAME.a"]}],
        "oauth2-configuration": configuration,
    }
    report = check(mta(resource(config=config)), "mta.yaml", tmp_path)
    assert errors(report) == []
    assert [note.rpartition(" is ")[2] for note in report.notes] == [
        "checked with sample values in place of its placeholders.",
        "checked with sample values in place of its placeholders.",
        "not checked.",
        "not checked.",
    ]
    wrong = check(mta(resource(config={"xsappname": "a.b-${org}"})), "mta.yaml", tmp_path)
    assert 'Invalid xsappname "a.b-org"' in errors(wrong)[0]


def test_names_with_placeholders_are_not_searched(tmp_path: Path) -> None:
    """A sample value may not be the name that the deployer inserts."""
    template = {
        "name": "T-${space}",
        "scope-references": ["$XSAPPNAME.${scope}", "$XSAPPNAME.none"],
        "attribute-references": ["${attribute}", {"name": "${attribute}"}, "none"],
    }
    collection = {"name": "C", "role-template-references": ["$XSAPPNAME.T-dev"]}
    config = {"xsappname": "app", "role-templates": [template], "role-collections": [collection]}
    report = check(mta(resource(config=config)), "mta.yaml", tmp_path)
    refused = [error.partition(";")[0] for error in errors(report)]
    assert [error.partition("role-templates[0].")[2] for error in refused] == [
        'scope-references[1]: "$XSAPPNAME.none" is not defined',
        'attribute-references[2]: "none" is not defined',
    ]


def test_placeholders_in_a_fragment_are_replaced_too() -> None:
    config = {**PLAIN, "xsappname": "app-${space}"}
    assert check({"config": config}).is_valid
    assert check({"name": "uaa", "parameters": {"config": config}}).is_valid
    assert not check(config).is_valid


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("none.json", 'no file "none.json"'),
        ("folder", 'no file "folder"'),
        ("../outside.json", '"../outside.json" is outside'),
        ("link.json", '"link.json" is outside'),
        ("a\0b", '"a?b": no valid file name'),
        ("/xs-security.json", 'no file "/xs-security.json"'),
    ],
)
def test_a_missing_file_is_named(tmp_path: Path, path: str, found: str) -> None:
    directory = tmp_path / "project"
    (directory / "folder").mkdir(parents=True)
    (tmp_path / "outside.json").write_text(json.dumps(PLAIN))
    (directory / "link.json").symlink_to(tmp_path / "outside.json")
    [error] = errors(check(mta(resource(path=path)), "mta.yaml", directory))
    assert error.startswith(f"mta.yaml: resources[0].parameters.path: {found}; allowed: a file")


def test_a_file_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{,}")
    [error] = errors(check(mta(resource(path=FILE)), "mta.yaml", tmp_path))
    assert error.startswith(f"{FILE}: a trailing comma at line 1 column 2; allowed: ")


def test_each_resource_has_its_result() -> None:
    report = check(
        mta(
            resource("a", config=PLAIN),
            resource("b", config=BROKEN),
            resource("c", **{"service-plan": "broker"}),
            resource("d", **{"service-plan": "apiaccess"}),
            resource("e", path=7),
        ),
        "mta.yaml",
    )
    assert list(map(str, report.descriptors)) == [
        "resource a (plan application): valid",
        "resource b (plan application): refused",
        "resource c (plan broker): refused",
        "resource d (plan apiaccess): valid",
        "resource e (plan application): refused",
    ]
    assert [each["valid"] for each in report.as_json()["descriptors"]] == [
        True,
        False,
        False,
        True,
        False,
    ]
    assert report.as_json()["errors"][0]["path"] == "resources[1].parameters.config.scops"
    plan = 'mta.yaml: resources[2].parameters.service-plan: plan "broker" is not offered'
    assert errors(report)[1].startswith(plan)
