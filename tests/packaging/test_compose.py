"""compose.yaml: valid, with settings that are accepted, and as restricted as in a cluster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from broker import __version__
from broker.runtime.state_directory import new_master_key
from broker.settings.environment import load_settings
from broker.settings.model import PREFIX, Settings
from tests.support.container_image import CONTAINERFILE
from tests.support.server import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FILE = ROOT / "deploy/compose/compose.yaml"
VARIABLE = re.compile(r"\$\{(\w+)(?::(-|\?)([^}]*))?\}")
MAX_CONNECTIONS = 100 - 3
"""PostgreSQL's default, less those reserved for superusers."""

GIVEN = {
    "XSUAA_PUBLIC_URL": "https://uaa.example.org",
    "XSUAA_BROKER_PASSWORD": "broker-password-of-this-test",
    "XSUAA_MASTER_KEYS": new_master_key(),
    "DATABASE_PASSWORD": "0123456789abcdef",
}

TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
TEXT_MAP = {"type": "object", "additionalProperties": TEXT}
DURATION = {"type": "string", "pattern": r"^\d+s$"}
# The Compose specification has far more; these are the fields of this file, with their types.
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image", "restart"],
    "properties": {
        "image": TEXT,
        "build": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"context": TEXT, "dockerfile": TEXT},
        },
        "command": TEXTS,
        "environment": TEXT_MAP,
        "volumes": TEXTS,
        "tmpfs": TEXTS,
        "read_only": {"type": "boolean"},
        "cap_drop": TEXTS,
        "security_opt": TEXTS,
        "ulimits": {"type": "object", "additionalProperties": {"type": "integer"}},
        "stop_grace_period": DURATION,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "ports": TEXTS,
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "test": TEXTS,
                "interval": DURATION,
                "timeout": DURATION,
                "retries": {"type": "integer"},
            },
        },
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "condition": {
                        "enum": [
                            "service_started",
                            "service_healthy",
                            "service_completed_successfully",
                        ]
                    }
                },
            },
        },
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["services"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {"type": "object", "additionalProperties": SERVICE},
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
    },
}


def rendered(given: dict[str, str]) -> dict[str, Any]:
    """Return the file with its variables replaced; raise KeyError for a missing mandatory one."""

    def value(found: re.Match[str]) -> str:
        name, operator, default = found.groups()
        if given.get(name):
            return given[name]
        if operator != "-":
            raise KeyError(name)
        return str(default)

    def replaced(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: replaced(each) for key, each in part.items()}
        if isinstance(part, list):
            return [replaced(each) for each in part]
        return VARIABLE.sub(value, part) if isinstance(part, str) else part

    parsed: dict[str, Any] = replaced(yaml.safe_load(FILE.read_text()))
    return parsed


COMPOSED = rendered(GIVEN)
SERVICES = COMPOSED["services"]


def test_it_fits_its_schema() -> None:
    jsonschema.validate(COMPOSED, SCHEMA)
    with pytest.raises(jsonschema.ValidationError, match="ulimit"):
        jsonschema.validate({"services": {"a": {**SERVICES["broker"], "ulimit": {}}}}, SCHEMA)


def test_every_mandatory_variable_is_asked_for_and_no_secret_is_in_the_file() -> None:
    mandatory = {
        name for name, operator, _ in VARIABLE.findall(FILE.read_text()) if operator == "?"
    }
    assert mandatory == set(GIVEN)
    for name in GIVEN:
        with pytest.raises(KeyError, match=name):
            rendered({key: value for key, value in GIVEN.items() if key != name})
    empty = rendered(dict.fromkeys(GIVEN, "EMPTY"))["services"]
    for service in empty.values():
        for name, value in service["environment"].items():
            if any(part in name for part in ("PASSWORD", "KEYS", "TOKEN")):
                assert value in {"EMPTY", ""}, name


@pytest.mark.parametrize("name", ["broker", "migration"])
def test_the_settings_are_accepted(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    environment = SERVICES[name]["environment"]
    known = {
        str(field.validation_alias or f"{PREFIX}{each.upper()}")
        for each, field in Settings.model_fields.items()
    }
    assert set(environment) - known == {"MALLOC_ARENA_MAX"}
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    loaded = load_settings()
    assert loaded.mode == "production"
    assert (loaded.cert_url, loaded.domain) == ("https://uaa.example.org", "uaa.example.org")
    assert loaded.workers * 2 * loaded.threads < MAX_CONNECTIONS
    of_the_image = CONTAINERFILE.read_text().replace(" \\", "").split()
    for variable in ("XSUAA_STATE_DIR", "MALLOC_ARENA_MAX"):
        assert f"{variable}={environment[variable]}" in of_the_image


def test_the_database_is_the_one_of_the_url() -> None:
    database = SERVICES["database"]
    created = database["environment"]
    url = SERVICES["broker"]["environment"]["XSUAA_DATABASE_URL"]
    user, password = created["POSTGRES_USER"], created["POSTGRES_PASSWORD"]
    assert url == f"postgresql://{user}:{password}@database:5432/{created['POSTGRES_DB']}"
    assert "ports" not in database


def test_the_schema_is_upgraded_before_the_server_starts() -> None:
    broker, migration = SERVICES["broker"], SERVICES["migration"]
    assert migration["command"] == ["db", "upgrade"]
    assert migration["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert broker["command"] == ["serve"]
    assert broker["depends_on"] == {"migration": {"condition": "service_completed_successfully"}}
    for service in (broker, migration):
        assert service["image"] == f"xsuaa-broker:{__version__}"
        assert (FILE.parent / service["build"]["context"]).resolve() == ROOT


def test_the_server_may_do_as_little_as_in_a_cluster() -> None:
    for name in ("broker", "migration"):
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["ulimits"]["nofile"] == 65_536
        mounted = {each.split(":")[1] for each in service["volumes"] if not each.endswith(":ro")}
        assert mounted == {service["environment"]["XSUAA_STATE_DIR"]}
        named = {each.split(":")[0] for each in service["volumes"] if each[0] != "."}
        assert named <= set(COMPOSED["volumes"])
    [port] = SERVICES["broker"]["ports"]
    assert port.split(":")[1] == SERVICES["broker"]["environment"]["XSUAA_TLS_PORT"]
