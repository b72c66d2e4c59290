"""The files that `cf push` uploads run with only requirements.txt, as in manifest.yml."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml

from broker.runtime.state_directory import new_master_key
from tests.support.application import token_status
from tests.support.deployed import PATIENCE_SECONDS, program_path, running
from tests.support.platform import PlatformClient, a_descriptor, a_guid
from tests.support.server import ROOT, free_port

if TYPE_CHECKING:
    from tests.support.postgres import PrivatePostgres

PASSWORD = "broker-password-of-this-test"
GRACE_SECONDS = 10
"""Seconds between SIGTERM and SIGKILL of an application container."""

# Versions that the Python buildpack 1.9 can install; without runtime.txt it installs 3.10.
PYTHON_LINES = ("3.10", "3.11", "3.12", "3.13", "3.14")
# The attributes of an application in a manifest that the cf CLI 8 knows and that we use.
MANIFEST_ATTRIBUTES = {
    *("name", "buildpacks", "memory", "disk_quota", "instances", "command", "services", "env"),
    *("health-check-type", "health-check-http-endpoint"),
    *("readiness-health-check-type", "readiness-health-check-http-endpoint"),
}
ROUTES = ["uaa.example.com", "second.example.com"]


@pytest.fixture(scope="module")
def application() -> dict[str, Any]:
    """The one application of the manifest."""
    [only] = yaml.safe_load((ROOT / "manifest.yml").read_text())["applications"]
    described: dict[str, Any] = only
    return described


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files that `cf push` uploads."""
    folder = tmp_path_factory.mktemp("pushed")
    for name in sorted(pushed_files()):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_it_runs_as_in_the_manifest(
    pushed: Path, interpreter: Path, application: dict[str, Any], postgres: PrivatePostgres
) -> None:
    environment = container_environment(
        application, postgres.create_database(f"pushed-{a_guid()}"), interpreter
    )
    migration = [str(interpreter), "-m", "broker", "db", "upgrade"]
    subprocess.run(migration, cwd=pushed, env=environment, check=True, stdout=subprocess.DEVNULL)
    command = shlex.split(application["command"])
    with running(command, pushed, environment, pushed.with_suffix(".log")) as process:
        url = f"http://localhost:{environment['PORT']}"
        for endpoint in endpoints_of(application):
            assert requests.get(f"{url}{endpoint}", timeout=30).status_code == 200
        platform = PlatformClient(url, "broker", PASSWORD)
        instance = a_guid()
        assert platform.provision(instance, a_descriptor()).status_code == 201
        credentials = platform.bind(instance, a_guid()).json()["credentials"]
        assert credentials["url"] == f"https://{ROUTES[0]}"
        assert credentials["uaadomain"] == ROUTES[0]
        assert token_status(credentials | {"url": url}) == 200
        asked = time.monotonic()
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
        assert time.monotonic() - asked < GRACE_SECONDS


def test_its_version_is_shown(pushed: Path, interpreter: Path) -> None:
    arguments = [str(interpreter), "-m", "broker", "--version"]
    shown = subprocess.run(arguments, cwd=pushed, capture_output=True, text=True, check=True)
    assert shown.stdout.strip()


def test_only_required_files_are_pushed() -> None:
    names = {Path(name).parts[0] for name in pushed_files()}
    assert {"broker", "migrations", "catalog.yaml", "requirements.txt", "runtime.txt"} <= names
    assert names.isdisjoint({"tests", "docs", "scripts", "Makefile", "requirements-dev.txt"})


def test_the_buildpack_detects_it_and_takes_the_right_python(pushed: Path) -> None:
    # A pyproject.toml alone is not detected; these files have priority over requirements.txt.
    assert (pushed / "requirements.txt").is_file()
    for other in ("setup.py", "Pipfile", "environment.yml", "conda_requirements.txt", "vendor"):
        assert not (pushed / other).exists()
    [line] = (pushed / "runtime.txt").read_text().splitlines()
    found = re.fullmatch(r"(?:python-)?(3\.\d+)\.x", line)
    assert found
    assert found[1] in PYTHON_LINES
    # The minor version of the test suite, which the project's metadata allows.
    assert found[1] == f"{sys.version_info[0]}.{sys.version_info[1]}"


def test_the_manifest_contains_no_ignored_attributes(application: dict[str, Any]) -> None:
    assert set(application) <= MANIFEST_ATTRIBUTES
    for name in ("memory", "disk_quota"):
        assert re.fullmatch(r"\d+[MG]B?", application[name])
    # Numbers and booleans in env are refused.
    assert {type(value) for value in application["env"].values()} == {str}


def test_the_manifest_starts_the_server(application: dict[str, Any]) -> None:
    assert application["command"].startswith("python -m broker serve")
    assert "python_buildpack" in application["buildpacks"]
    assert application["health-check-type"] == "http"


def test_the_manifest_checks_endpoints_that_exist(
    application: dict[str, Any], endpoints: set[str]
) -> None:
    assert endpoints_of(application) <= endpoints


def test_threads_share_one_arena_of_malloc(application: dict[str, Any]) -> None:
    """Decision 0030."""
    assert application["env"]["MALLOC_ARENA_MAX"] == "1"


def test_the_manifest_holds_no_secret(application: dict[str, Any]) -> None:
    settings = application.get("env", {})
    assert settings["XSUAA_MODE"] == "production"
    telling = ("PASSWORD", "KEY", "SECRET", "TOKEN", "DATABASE_URL")
    assert [name for name in settings if any(part in name for part in telling)] == []


def pushed_files() -> set[str]:
    """Return the names of all files that git knows or would add, without those of .cfignore."""
    everything = files_of_git("--cached", "--others", "--exclude-standard")
    ignored = files_of_git("--cached", "--others", "--ignored", "--exclude-from=.cfignore")
    return {name for name in everything - ignored if (ROOT / name).is_file()}


def files_of_git(*options: str) -> set[str]:
    """Return the names that ``git ls-files`` lists."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", *options], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(listing.stdout.split("\0")) - {""}


def endpoints_of(application: dict[str, Any]) -> set[str]:
    """Return the paths that the platform will request."""
    return {value for name, value in application.items() if name.endswith("http-endpoint")}


def container_environment(
    application: dict[str, Any], database_url: str, interpreter: Path
) -> dict[str, str]:
    """Return the variables of an application container with one bound database."""
    services = {
        "postgresql-db": [
            {
                "name": application["services"][0],
                "tags": ["postgresql"],
                "credentials": {"uri": database_url.replace("postgresql://", "postgres://")},
            }
        ]
    }
    return {
        "PATH": program_path(interpreter),
        "HOME": str(interpreter.parent),
        # Variables of the buildpack, except PYTHONHOME: it names an installation, which the
        # environment of this test is not.
        "LANG": "en_US.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "FORWARDED_ALLOW_IPS": "*",
        "GUNICORN_CMD_ARGS": "--access-logfile=- --bind=127.0.0.1:1",
        "PORT": str(free_port()),
        "CF_INSTANCE_INDEX": "1",
        "VCAP_APPLICATION": json.dumps({"application_uris": ROUTES}),
        "VCAP_SERVICES": json.dumps(services),
        "XSUAA_BROKER_PASSWORD": PASSWORD,
        "XSUAA_MASTER_KEYS": new_master_key(),
        **application["env"],
    }
