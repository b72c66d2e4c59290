"""The forms of a service key, read again as applications read them."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from dotenv import dotenv_values

from broker.cli.service_keys.formats import FORMATS, ServiceKey, files

if TYPE_CHECKING:
    from pathlib import Path

AWKWARD = "$HOME `id` $(id) 'q' \"d\" \\n \\\\ # é\n!x ${A} %s"
CREDENTIALS: dict[str, Any] = {
    "clientid": "sb-app!t1",
    "clientsecret": AWKWARD,
    "certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "key": "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n",
    "certificate-pinning": True,
}
KEY = ServiceKey("My_key", "my-uaa", "guid-1", "application", CREDENTIALS)


def check(services: Any) -> None:
    [found] = services["xsuaa"]
    assert found["credentials"] == CREDENTIALS
    assert (found["name"], found["plan"], found["tags"]) == ("my-uaa", "application", ["xsuaa"])


def test_json_formats() -> None:
    assert json.loads(FORMATS["credentials"](KEY)) == CREDENTIALS
    check(json.loads(FORMATS["vcap"](KEY)))
    check(json.loads(FORMATS["default-env"](KEY))["VCAP_SERVICES"])


def test_a_shell_and_a_dotenv_library_read_the_same_line(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text(FORMATS["dotenv"](KEY))
    [(name, value)] = dotenv_values(file).items()
    assert name == "VCAP_SERVICES"
    check(json.loads(value or ""))
    script = f'. "{file}" && printf %s "$VCAP_SERVICES"'
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == value
    # Libraries such as dotenv-expand replace these in values of any quotes.
    assert not set("$`\"'\\") & set(
        (value or "").replace('"', "").replace("\\u00", "").replace("\\n", "")
    ) - {"\\"}


def test_a_secret_has_the_form_of_the_service_operator() -> None:
    manifest = yaml.safe_load(FORMATS["kubernetes-secret"](KEY))
    assert (manifest["kind"], manifest["metadata"]["name"]) == ("Secret", "my-uaa-my-key")
    data = manifest["stringData"]
    assert all(isinstance(value, str) for value in data.values())
    assert (data["clientsecret"], data["certificate-pinning"]) == (AWKWARD, "true")
    assert (data["type"], data["label"], data["tags"]) == ("xsuaa", "xsuaa", '["xsuaa"]')
    metadata = json.loads(data[".metadata"])
    formats = {each["name"]: each["format"] for each in metadata["credentialProperties"]}
    assert formats.keys() == CREDENTIALS.keys()
    assert (formats["clientid"], formats["certificate-pinning"]) == ("text", "json")
    assert {each["name"] for each in metadata["metaDataProperties"]} <= data.keys()


@pytest.mark.parametrize("ca", [None, "-----BEGIN CERTIFICATE-----"])
def test_files_contain_what_the_key_has(ca: str | None) -> None:
    found = files(KEY, ca)
    assert found["certificate.pem"] == CREDENTIALS["certificate"]
    assert found["key.pem"] == CREDENTIALS["key"]
    assert found.get("ca.pem") == ca
    assert json.loads(found["credentials.json"]) == CREDENTIALS
    secret = ServiceKey("k", "i", "g", "application", {"clientsecret": "s"})
    assert set(files(secret, None)) == {"credentials.json"}
